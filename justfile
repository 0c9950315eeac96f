# What CI runs is what you run. `just` alone lists the recipes.

_default:
    @just --list

# Every test there is
test:
    tests/run

# Formatting, lints and documentation, with warnings as errors
lint:
    cargo fmt --all --check
    cargo clippy --workspace --exclude taxii-bench --all-targets --all-features -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --all-features

# Throughput and latency of a server in release mode
bench *ARGS:
    cargo run --release -p taxii-bench -- {{ARGS}}

# Reading, checking and naming objects, against `serde_json::Value` in the same run
bench-model *ARGS:
    cargo bench -p stix-model --bench model -- {{ARGS}}

# A server with the sample collections
demo *ARGS:
    cargo run -p taxii-server -- serve --demo {{ARGS}}

# Fuzz one target until stopped (needs cargo-fuzz)
fuzz TARGET *ARGS:
    RUSTC_BOOTSTRAP=1 cargo fuzz run {{TARGET}} {{ARGS}}

# Licences, banned crates, sources and security advisories of the dependencies
deny:
    cargo deny check
