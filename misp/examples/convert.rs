//! Writes the STIX of an event: `cargo run -p misp --example convert EVENT.json`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a file with an event")?;
    let document = misp::Document::parse(&std::fs::read_to_string(path)?)?;
    println!("{}", serde_json::to_string(&misp::stix::bundle(&document))?);
    Ok(())
}
