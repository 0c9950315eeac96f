use super::*;

/// The profiles that are built in can be read and name only what there is: otherwise nothing would leave under them.
#[test]
fn built_in_profiles_are_usable() {
    for profile in [Profile::full(), Profile::technical(), Profile::anonymous()] {
        assert_eq!(Profile::by_name(&profile.name), Some(profile.clone()));
        assert_eq!(profile.check(), [""; 0], "{}", profile.name);
        assert!(profile.types.contains_key("indicator"));
    }
}

/// A mistake in a profile is told with its place and what to do, all of them at once.
#[test]
fn mistakes_are_told() {
    let text = r#"
        name = "x"
        based_on = "technical"
        release = ["acme"]
        allow.indicator = ["desription", "x_rank", "id"]
        allow.x-sensor = ["serial"]
        allow.indikator = ["name"]
        scan.names = ["a"]
    "#;
    let error = Profile::read(text).unwrap_err().to_string();
    for told in ["\"desription\" is no property", "\"id\" is made anew", "indikator", "\"acme\"", "write it in full"] {
        assert!(error.contains(told), "{told}: {error}");
    }
    assert!(!error.contains("x_rank") && !error.contains("x-sensor"), "{error}");
    for (text, told) in [
        ("name = \"x\"\nbased_on = \"most\"", "write full, technical or anonymous"),
        ("name = \"x\"\nbased_on = \"full\"\nalow = 1", "line 3"),
        ("name = \"x\"\nbased_on = \"full\"\ndeny.note = [\"*\"]", "base it on technical"),
    ] {
        let error = Profile::read(text).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}

/// No profile of one's own goes by the name of one that everybody knows: agreements are signed under that name.
#[test]
fn names_that_everybody_knows_are_taken() {
    for name in ["full", "technical", "anonymous", "Technical", " full "] {
        let error = Profile::read(&format!("name = {name:?}\nbased_on = \"full\"")).unwrap_err().to_string();
        assert!(error.contains("give yours another name"), "{error}");
    }
    assert!(Profile::read("name = \"technical-2\"\nbased_on = \"technical\"").is_ok());
}

/// Nothing tells victims from other identities and locations, so all of them leave only if the profile says that this is meant.
#[test]
fn victims_leave_only_if_that_is_said() {
    let own = |more: &str| Profile::read(&format!("name = \"x\"\nbased_on = \"technical\"\n{more}"));
    let error = own("allow.identity = [\"name\"]\nallow.location = [\"country\"]").unwrap_err().to_string();
    assert!(error.contains("allow.identity: ") && error.contains("allow.location: "), "{error}");
    assert!(error.contains("write victims = true"), "{error}");
    assert!(own("victims = true\nallow.identity = [\"name\"]").unwrap().types.contains_key("identity"));
    assert!(own(&format!("release = [\"identity--{}\"]", "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f")).is_ok());
}

/// A profile of one's own is the other with its differences, and nothing else.
#[test]
fn differences_count() {
    let own = Profile::read(
        "name = \"y\"\nbased_on = \"anonymous\"\ndeny.tool = [\"aliases\"]\nallow.tool = [\"x_a\"]\ntimes = \"week\"",
    )
    .unwrap();
    let mut base = Profile::anonymous();
    base.name = "y".to_owned();
    base.times = Exactness::Week;
    base.types.insert(
        "tool".to_owned(),
        ["name", "tool_types", "kill_chain_phases", "tool_version", "x_a"].map(str::to_owned).to_vec(),
    );
    assert_eq!(own, base);
}
