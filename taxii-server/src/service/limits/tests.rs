use std::time::Instant;

use super::*;
use crate::rate::{Meter, Rate};

const SECOND: u64 = 1_000_000_000;

fn at(seconds: u64) -> Now {
    Now { nanos: seconds * SECOND, seconds: 20_000 * DAY + seconds }
}

fn counters(account: Allowance, address: Allowance) -> Counters {
    Counters::new(Limits { account, address })
}

fn from(address: &str) -> Origin {
    Origin { address: Some(address.parse().unwrap()) }
}

fn named(name: &str) -> Caller {
    Caller { name: Some(name.to_owned()), ..Caller::default() }
}

/// A whole request: is it allowed?
fn ask(counters: &Counters, address: &str, name: &str, kind: Kind, now: Now) -> Result<Standing> {
    let (mut visit, allowed) = counters.arrive_at(from(address), kind, now);
    allowed?;
    visit.identify_at(&named(name), now)?;
    Ok(visit.standing().unwrap())
}

/// TX-SEC-07: the meter says the same as a list of everything that happened, and never lets more through than the quota and what
/// has come to be allowed since.
#[test]
fn a_meter_is_a_bucket() {
    let rate = Rate::per_second(5).unwrap();
    let (meter, mut model, mut last) = (Meter::default(), 50.0_f64, 0);
    let mut random = 7_u64;
    for _ in 0..20_000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let now = last + (random >> 33) % (SECOND / 3);
        model = (model + (now - last) as f64 / 1e9 * 5.0).min(50.0);
        last = now;
        // What is on the edge to a millionth may go either way.
        if (model - 1.0).abs() < 1e-6 {
            continue;
        }
        assert_eq!(meter.wait(rate, now).is_none(), model > 1.0, "{model}");
        match meter.take(rate, now) {
            Ok(left) => {
                model -= 1.0;
                assert!((left.count as f64 - model).abs() < 1.0 + 1e-6, "{left:?} {model}");
            }
            Err(wait) => assert!((wait.as_secs_f64() - (1.0 - model) / 5.0).abs() < 1e-6, "{wait:?} {model}"),
        }
    }
}

/// TX-SEC-07: reads and writes, accounts and addresses are counted apart, and a refusal says how long to wait.
#[test]
fn everybody_has_a_count_of_their_own() {
    let limited = Allowance { reads: 1, writes: 2, ..Allowance::UNLIMITED };
    let counters = counters(limited, Allowance { reads: 3, ..Allowance::UNLIMITED });
    for left in (0..10).rev() {
        let standing = ask(&counters, "192.0.2.1", "one", Kind::Read, at(0)).unwrap();
        assert_eq!((standing.whose, standing.what, standing.quota, standing.remaining), ("account", "reads", 10, left));
        assert_eq!((standing.window.as_secs(), standing.reset.as_secs()), (10, 10 - left));
    }
    let refused = ask(&counters, "192.0.2.2", "one", Kind::Read, at(0)).unwrap_err();
    assert_eq!((refused.kind(), refused.retry_after()), (ErrorKind::TooManyRequests, Some(Duration::from_secs(1))));
    ask(&counters, "192.0.2.1", "one", Kind::Write, at(0)).unwrap();
    for other in 0..20 {
        ask(&counters, "192.0.2.1", &format!("other {other}"), Kind::Read, at(0)).unwrap();
    }
    let refused = ask(&counters, "192.0.2.1", "yet another", Kind::Read, at(0)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TooManyRequests);
    ask(&counters, "192.0.2.3", "yet another", Kind::Read, at(0)).unwrap();
    ask(&counters, "192.0.2.1", "one", Kind::Read, at(1)).unwrap();
    assert!(ask(&counters, "192.0.2.1", "one", Kind::Read, at(1)).is_err());
}

/// A refused poll is lost data for some clients: a thousand accounts behind one address that poll every second, and one that polls
/// fifty times in a second, go through by default, for as long as they like.
#[test]
fn the_defaults_are_generous() {
    let counters = counters(Limits::default().account, Limits::default().address);
    let names: Vec<String> = (0..1000).map(|n| format!("account {n}")).collect();
    for second in 0..60 {
        for name in &names {
            ask(&counters, "192.0.2.1", name, Kind::Read, at(second)).unwrap();
        }
        for _ in 0..50 {
            ask(&counters, "192.0.2.2", "fast", Kind::Read, at(second)).unwrap();
        }
    }
}

/// What was given beyond the quota of a day is refused until midnight; another day has another quota, and so has another account.
#[test]
fn quotas_are_of_a_day() {
    let limited = Allowance { objects_per_day: 10, octets_per_day: 1000, ..Allowance::UNLIMITED };
    let counters = counters(limited, Allowance::UNLIMITED);
    let today = counters.now();
    let ask = |name: &str, kind, now, objects, octets| -> Result<()> {
        let (mut visit, allowed) = counters.arrive_at(from("192.0.2.1"), kind, now);
        allowed?;
        visit.identify_at(&named(name), now)?;
        visit.submitted(objects);
        visit.answered(octets);
        Ok(())
    };
    ask("one", Kind::Write, today, 9, 0).unwrap();
    ask("one", Kind::Write, today, 9, 0).unwrap();
    let refused = ask("one", Kind::Write, today, 1, 0).unwrap_err();
    assert_eq!(refused.retry_after(), Some(today.until_midnight()));
    ask("one", Kind::Read, today, 0, 1001).unwrap();
    assert!(ask("one", Kind::Read, today, 0, 1).is_err());
    ask("other", Kind::Read, today, 0, 1).unwrap();
    let tomorrow = Now { seconds: today.seconds + DAY, ..today };
    ask("one", Kind::Read, tomorrow, 0, 1).unwrap();
    ask("one", Kind::Write, tomorrow, 1, 0).unwrap();
}

/// Requests at the same time are bounded, and a place is free again as soon as its request has ended, however it ended.
#[test]
fn places_are_given_back() {
    let counters = counters(
        Allowance { concurrent: 2, ..Allowance::UNLIMITED },
        Allowance { concurrent: 3, ..Allowance::UNLIMITED },
    );
    let arrive = |name: &str| {
        let (mut visit, allowed) = counters.arrive_at(from("192.0.2.1"), Kind::Read, at(0));
        allowed.and_then(|()| visit.identify_at(&named(name), at(0))).map(|()| visit)
    };
    let (first, second) = (arrive("one").unwrap(), arrive("one").unwrap());
    assert!(arrive("one").is_err());
    let third = arrive("other").unwrap().into_places();
    assert!(arrive("other").is_err(), "the address has no place left");
    drop(first);
    let again = arrive("one").unwrap();
    drop(third);
    assert!(arrive("one").is_err());
    drop((again, second));
    for _ in 0..10 {
        let _ = arrive("one").unwrap();
    }
}

/// An account may have another limit than the others.
#[test]
fn an_account_may_have_its_own() {
    let counters = counters(Allowance { reads: 1, ..Allowance::UNLIMITED }, Allowance::UNLIMITED);
    let partner = Caller { limits: Some(Allowance { reads: 3, ..Allowance::UNLIMITED }), ..named("partner") };
    let free = Caller { limits: Some(Allowance::UNLIMITED), ..named("free") };
    let passes = |caller: &Caller| {
        (0..100)
            .filter(|_| counters.arrive_at(from("192.0.2.1"), Kind::Read, at(0)).0.identify_at(caller, at(0)).is_ok())
            .count()
    };
    assert_eq!((passes(&named("one")), passes(&partner), passes(&free)), (10, 30, 100));
}

/// However many addresses come, memory does not grow beyond the bound, all are limited, and who has gone is forgotten.
#[test]
fn addresses_are_bounded_and_forgotten() {
    let counters = counters(Allowance::UNLIMITED, Allowance { reads: 1, ..Allowance::UNLIMITED });
    let address = |n: u32| Origin { address: Some(std::net::Ipv4Addr::from_bits(n).into()) };
    for n in 0..300_000 {
        let _ = counters.arrive_at(address(n), Kind::Read, at(0));
    }
    assert!((90_000..=COUNTED + 64).contains(&counters.addresses.len()), "{}", counters.addresses.len());
    assert!(
        counters.arrive_at(address(400_000), Kind::Read, at(0)).1.is_err(),
        "who has no page of their own shares one"
    );
    for n in 500_000..501_000 {
        counters.arrive_at(address(n), Kind::Read, at(60)).1.unwrap();
    }
    assert!(counters.addresses.len() <= 1000, "{}", counters.addresses.len());
    // One address is one address, however it is written.
    for (one, other) in [("192.0.2.1", "::ffff:192.0.2.1"), ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")] {
        assert_eq!(network(one.parse().unwrap()), network(other.parse().unwrap()));
    }
    assert_ne!(network("2001:db8:1:2::1".parse().unwrap()), network("2001:db8:1:3::1".parse().unwrap()));
}

/// Promise 5: counting costs next to nothing. The bound is for any machine and an unoptimised build; the figure is printed.
#[test]
fn counting_is_cheap() {
    let counters = counters(Limits::default().account, Limits::default().address);
    let caller = named("one");
    const TIMES: u32 = 20_000;
    let rounds = (0..10).map(|round| {
        let begun = Instant::now();
        for second in round * TIMES..(round + 1) * TIMES {
            let now = at(u64::from(second));
            let (mut visit, allowed) = counters.arrive_at(from("192.0.2.1"), Kind::Read, now);
            allowed.and_then(|()| visit.identify_at(&caller, now)).unwrap();
            visit.answered(1000);
        }
        begun.elapsed() / TIMES
    });
    // The best round: others may be busy on this machine.
    let each = rounds.min().unwrap();
    println!("{} ns for each request", each.as_nanos());
    assert!(each < Duration::from_micros(50), "{each:?}");
}
