use sharing::flow::Fault;

use crate::{Error, Trouble};

/// What an error of the client means for a flow.
pub(super) fn fault(place: &str, error: &Error) -> Fault {
    let (place, reason) = (place.to_owned(), error.to_string());
    match error {
        Error::Unreachable(trouble) if trouble.kind == Trouble::Tls => Fault::Refused { place, reason },
        Error::Unreachable(_) => Fault::Unreachable { place, reason },
        Error::Refused(refusal) => match refusal.status.as_u16() {
            408 | 425 | 429 | 500.. => Fault::Busy { place, reason, retry_after: refusal.retry_after },
            _ => Fault::Refused { place, reason },
        },
        Error::Answer { .. } | Error::Circle { .. } | Error::TooMuch { .. } => Fault::Malformed { place, reason },
        Error::NoSuch(_) | Error::NotPermitted(_) | Error::Invalid(_) => Fault::Refused { place, reason },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::{Method, StatusCode};

    use super::*;
    use crate::{Refusal, Sent};

    /// What cannot succeed is not tried again, and what the server asks for is passed on.
    #[test]
    fn errors_become_faults() {
        let refused = |status: u16| {
            let error = Error::Refused(Box::new(Refusal {
                method: Method::GET,
                url: "https://h.example/".to_owned(),
                status: StatusCode::from_u16(status).unwrap(),
                message: None,
                challenges: Vec::new(),
                retry_after: Some(Duration::from_secs(7)),
                credentials: Sent::None,
                attempts: 1,
            }));
            let fault = fault("p", &error);
            (fault.kind(), fault.retry_after().map(|wait| wait.as_secs()))
        };
        for (status, kind) in [(400, "refused"), (401, "refused"), (403, "refused"), (404, "refused"), (406, "refused")]
        {
            assert_eq!(refused(status), (kind, None), "{status}");
        }
        for status in [429, 500, 502, 503, 504] {
            assert_eq!(refused(status), ("busy", Some(7)), "{status}");
        }
        let circle = Error::Circle { url: String::new(), problem: String::new() };
        assert_eq!((fault("p", &circle).kind(), fault("p", &Error::invalid("x")).kind()), ("malformed", "refused"));
    }
}
