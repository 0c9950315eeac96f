//! What two parties have agreed to exchange, as a document.
