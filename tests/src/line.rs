//! A network between two servers that can be cut.

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Passes on what both ends say, unless it is cut.
pub struct Line {
    /// Where the server is found by way of it.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    cut: bool,
    open: Vec<TcpStream>,
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    /// A line to the server at this address, whether it runs or not.
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || drop(connect(client, server, &shared)));
            }
        });
        Self { address, state }
    }

    /// From now on nothing gets through, and what is under way breaks off.
    pub fn cut(&self) {
        let mut state = locked(&self.state);
        state.cut = true;
        state.open.drain(..).for_each(|end| drop(end.shutdown(Shutdown::Both)));
    }

    pub fn mend(&self) {
        locked(&self.state).cut = false;
    }

    pub fn is_cut(&self) -> bool {
        locked(&self.state).cut
    }
}

fn connect(client: TcpStream, server: SocketAddr, state: &Mutex<State>) -> std::io::Result<()> {
    let server = TcpStream::connect(server)?;
    let ends = [client.try_clone()?, server.try_clone()?];
    let (answers, to) = (server.try_clone()?, client.try_clone()?);
    {
        let mut state = locked(state);
        if state.cut {
            return Ok(());
        }
        state.open.extend(ends);
    }
    let back = std::thread::spawn(move || pass(answers, to));
    pass(client, server);
    drop(back.join());
    Ok(())
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    drop(std::io::copy(&mut from, &mut to));
    drop(to.shutdown(Shutdown::Both));
    drop(from.shutdown(Shutdown::Both));
}
