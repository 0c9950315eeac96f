#![no_main]
//! The envelope reader never panics; the slice and the stream agree; what is read comes out as it went in.

use libfuzzer_sys::fuzz_target;
use stix_model::reader::{self, Limits};
use stix_model::same_content;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { depth: 100, objects: 1000 };
    let whole = reader::from_slice(bytes, &limits);
    let mut streamed = Vec::new();
    let stream = reader::read(bytes, &limits, |object| {
        streamed.push(object);
        Ok(())
    });
    // Invalid UTF-8 in a place that nobody looks at is found by the slice alone.
    if let (Ok((wrapper, objects)), Ok(other)) = (&whole, &stream) {
        assert_eq!(wrapper, other);
        assert_eq!(objects.len(), streamed.len());
    }
    if let Ok((wrapper, objects)) = whole {
        assert!(stream.is_ok());
        for object in objects {
            let text = object.text.get();
            assert!(bytes.windows(text.len()).any(|window| window == text.as_bytes()));
            assert!(same_content(text, text));
            if let Ok(head) = object.head.check(wrapper.spec_version()) {
                assert_eq!(Some(head.id.as_str()), object.head.id());
            }
        }
    }
});
