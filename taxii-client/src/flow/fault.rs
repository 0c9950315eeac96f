use sharing::flow::Fault;

use crate::{Error, Trouble};

/// What an error of the client means for a flow. Where it happened is said once: the URL that was asked for, if there is one.
pub(super) fn fault(place: &str, error: &Error) -> Fault {
    let (asked, reason) = error.apart();
    let place = asked.unwrap_or(place).to_owned();
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

    /// People read where it happened once, and all that happened.
    #[test]
    fn the_url_is_said_once() {
        const URL: &str = "https://h.example/api1/collections/c/objects/";
        let url = || URL.to_owned();
        let refusal = Refusal {
            method: Method::POST,
            url: url(),
            status: StatusCode::FORBIDDEN,
            message: None,
            challenges: Vec::new(),
            retry_after: None,
            credentials: Sent::Yes,
            attempts: 2,
        };
        for (error, says) in [
            (Error::Refused(Box::new(refusal)), "POST answered 403 Forbidden (2 times)"),
            (Error::Answer { url: url(), problem: "no JSON".to_owned() }, "no JSON"),
            (Error::Circle { url: url(), problem: "a page".to_owned() }, "a page; stopped"),
            (Error::TooMuch { url: url(), most: 7 }, "more than 7 octets"),
            (Error::invalid("no such file"), "no such file"),
        ] {
            let told = fault(URL, &error).to_string();
            assert!(told.matches("h.example").count() == 1 && told.contains(says), "{told}");
        }
    }
}
