//! Objects on their way from a source, through a policy, to a sink.
