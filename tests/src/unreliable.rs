//! A way to the database that breaks when it is told to.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// When the way breaks, the next time a transaction is to be committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    Never,
    /// The database is never told to commit.
    Before,
    /// It commits, and its answer does not arrive.
    After,
}

/// Passes on what both ends say.
pub struct Way {
    pub address: SocketAddr,
    next: Arc<Mutex<Break>>,
}

/// How the driver says it: a simple query.
const COMMIT: &[u8] = b"COMMIT\0";

impl Way {
    /// A way to this server.
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
        let address = listener.local_addr().expect("an address");
        let next = Arc::new(Mutex::new(Break::Never));
        let told = Arc::clone(&next);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(server).expect("the server answers");
                let (there, back) = (client.try_clone().expect("a socket"), server.try_clone().expect("a socket"));
                let told = Arc::clone(&told);
                let (answers_from, answers_to) = (back, client);
                let muted = Arc::new(AtomicBool::new(false));
                let mutes = Arc::clone(&muted);
                std::thread::spawn(move || pass_until_muted(answers_from, &answers_to, &muted));
                std::thread::spawn(move || pass_until_broken(there, &server, &told, &mutes));
            }
        });
        Self { address, next }
    }

    /// Breaks, once.
    pub fn break_next(&self, when: Break) {
        *self.next.lock().expect("no panic") = when;
    }

    /// Has it broken since?
    pub fn has_broken(&self) -> bool {
        *self.next.lock().expect("no panic") == Break::Never
    }
}

fn pass_until_muted(mut server: TcpStream, mut client: &TcpStream, muted: &AtomicBool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(n @ 1..) = server.read(&mut buffer) {
        // The database has done what it was told, and nobody hears of it.
        if muted.load(Ordering::SeqCst) || client.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    drop(client.shutdown(Shutdown::Both));
    drop(server.shutdown(Shutdown::Both));
}

fn pass_until_broken(mut client: TcpStream, mut server: &TcpStream, told: &Mutex<Break>, mute: &AtomicBool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(n @ 1..) = client.read(&mut buffer) {
        let commits = buffer[..n].windows(COMMIT.len()).any(|window| window == COMMIT);
        let when = match commits {
            true => std::mem::replace(&mut *told.lock().expect("no panic"), Break::Never),
            false => Break::Never,
        };
        if when == Break::Before {
            break;
        }
        if when == Break::After {
            mute.store(true, Ordering::SeqCst);
        }
        if server.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    drop(client.shutdown(Shutdown::Both));
    drop(server.shutdown(Shutdown::Both));
}
