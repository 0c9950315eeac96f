use std::time::Duration;

/// Why a source or a sink did not do what it was asked: what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It cannot be reached, or broke off. Trying again may help.
    #[error("{place}: {reason}")]
    Unreachable {
        /// Where.
        place: String,
        /// What happened.
        reason: String,
    },
    /// It asks for patience, or has trouble of its own. Trying again later helps.
    #[error("{place}: {reason}")]
    Busy {
        /// Where.
        place: String,
        /// In its own words.
        reason: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// It says no, and will say no again until somebody changes something: credentials, rights, an agreement.
    #[error("{place}: {reason}")]
    Refused {
        /// Where.
        place: String,
        /// Why, and what to do.
        reason: String,
    },
    /// What it says makes no sense, or never comes to an end. The flow stays where it is.
    #[error("{place}: {reason}")]
    Malformed {
        /// Where.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The position is no longer good: the source forgot it, or is another than before. Somebody has to say from where to go on.
    #[error("{place}: {reason}")]
    Lost {
        /// Where.
        place: String,
        /// Why.
        reason: String,
    },
    /// Something of our own does not work: a file, a disk, a database.
    #[error("{place}: {reason}")]
    Local {
        /// Which file or store.
        place: String,
        /// What happened, and what to do.
        reason: String,
    },
}

impl Fault {
    /// May the same thing go well later, although nobody changes anything?
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Busy { .. } | Self::Local { .. })
    }

    /// How long to wait at least before the next try.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// One word for programs: `unreachable`, `busy`, `refused`, `malformed`, `lost`, `local`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Busy { .. } => "busy",
            Self::Refused { .. } => "refused",
            Self::Malformed { .. } => "malformed",
            Self::Lost { .. } => "lost",
            Self::Local { .. } => "local",
        }
    }
}
