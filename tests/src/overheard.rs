//! A way to the database on which somebody listens: every statement that a store sends, by the messages of the protocol.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Passes everything on, and keeps what clients asked for.
pub struct Overheard {
    pub address: SocketAddr,
    said: Said,
}

/// Each text of a statement, and how often it was executed.
type Said = Arc<Mutex<BTreeMap<String, usize>>>;

impl Overheard {
    /// A way to this server.
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
        let address = listener.local_addr().expect("an address");
        let said = Said::default();
        let kept = Arc::clone(&said);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(server).expect("the server answers");
                for end in [&client, &server] {
                    end.set_nodelay(true).expect("a socket");
                }
                let (there, back) = (client.try_clone().expect("a socket"), server.try_clone().expect("a socket"));
                let said = Arc::clone(&kept);
                std::thread::spawn(move || pass_back(back, &client));
                std::thread::spawn(move || {
                    // The end of a connection, whichever way it comes.
                    drop(listen(there, &server, &said));
                    drop(server.shutdown(Shutdown::Both));
                });
            }
        });
        Self { address, said }
    }

    /// What was said so far, with how often.
    pub fn statements(&self) -> BTreeMap<String, usize> {
        self.said.lock().expect("no panic").clone()
    }
}

fn pass_back(mut from: TcpStream, mut to: &TcpStream) {
    drop(std::io::copy(&mut from, &mut to));
    drop(to.shutdown(Shutdown::Both));
}

/// Reads message by message. The first one has no letter in front; this client asks for no TLS.
fn listen(mut client: TcpStream, mut server: &TcpStream, said: &Said) -> std::io::Result<()> {
    let mut prepared: HashMap<String, String> = HashMap::new();
    let first = message(&mut client)?;
    server.write_all(&first)?;
    loop {
        let mut letter = [0];
        client.read_exact(&mut letter)?;
        let body = message(&mut client)?;
        let mut texts = body[4..].split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
        let mut next = || texts.next().unwrap_or_default();
        let executed = match letter[0] {
            b'Q' => Some(next()),
            // What is prepared counts as said, also if it is never executed.
            b'P' => {
                let (name, text) = (next(), next());
                said.lock().expect("no panic").entry(text.clone()).or_default();
                prepared.insert(name, text);
                None
            }
            b'B' => {
                let (_portal, name) = (next(), next());
                prepared.get(&name).cloned()
            }
            _ => None,
        };
        if let Some(text) = executed {
            *said.lock().expect("no panic").entry(text).or_default() += 1;
        }
        server.write_all(&[&letter, body.as_slice()].concat())?;
    }
}

/// A length, which counts itself, and what it tells the length of.
fn message(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let mut message = length.to_vec();
    message.resize(u32::from_be_bytes(length) as usize, 0);
    client.read_exact(&mut message[4..])?;
    Ok(message)
}
