//! Shows what of an event STIX does not say: `cargo run -p misp --example kept EVENT.json`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a file with an event")?;
    let document = misp::Document::parse(&std::fs::read_to_string(path)?)?;
    let converted = misp::stix::convert(&document);
    println!("{} objects", converted.objects.len());
    for beside in converted.beside {
        println!("{}\t{}\t{}", beside.path, beside.object, beside.members.join(" "));
    }
    Ok(())
}
