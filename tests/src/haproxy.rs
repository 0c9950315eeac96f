//! HAProxy in front of nodes, configured by the example that operators start from.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::absent;
use crate::free::free_address;
use crate::node::until;
use crate::programs::Folder;

const EXAMPLE: &str = include_str!("../../deploy/haproxy/haproxy.cfg");

/// A load balancer that ends with the test.
pub struct Haproxy {
    child: Child,
    folder: Folder,
    pub address: SocketAddr,
}

impl Haproxy {
    /// Starts it in front of two nodes, if there is one here.
    pub fn start(what: &str, nodes: [SocketAddr; 2]) -> Option<Self> {
        if Command::new("haproxy").arg("-v").stdout(Stdio::null()).status().is_err() {
            absent::not_run(what, "there is no haproxy; tests/run installs it");
            return None;
        }
        let folder = Folder::new();
        let address = free_address();
        let socket = folder.file("socket");
        let mut text = EXAMPLE.to_owned();
        for (of_example, of_test) in [
            (
                "log stdout format raw daemon info",
                format!("log stdout format raw daemon info\n    stats socket {}", socket.display()),
            ),
            ("maxconn 20000", "maxconn 1000".to_owned()),
            // A machine that is busy with other tests may keep both nodes from answering for a while.
            ("timeout check 3s", "timeout check 60s".to_owned()),
            ("bind :443 ssl crt /etc/haproxy/taxii.pem alpn h2,http/1.1", format!("bind {address}")),
            ("server node1 node1:6100", format!("server node1 {}", nodes[0])),
            ("server node2 node2:6100", format!("server node2 {}", nodes[1])),
        ] {
            assert_eq!(text.matches(of_example).count(), 1, "deploy/haproxy/haproxy.cfg has {of_example:?} once");
            text = text.replace(of_example, &of_test);
        }
        let file = folder.write("haproxy.cfg", &text);
        let log = std::fs::File::create(folder.file("log")).expect("a log");
        let errors = log.try_clone().expect("a log");
        let mut command = folder.command(&PathBuf::from("haproxy"), &["-db", "-f"]);
        let child = command.arg(file).stdin(Stdio::null()).stdout(log).stderr(errors).spawn().expect("haproxy");
        let haproxy = Self { child, folder, address };
        until("both nodes are up for HAProxy", || haproxy.up() == 2 || haproxy.log().contains("[ALERT]"));
        assert_eq!(haproxy.up(), 2, "{}", haproxy.log());
        Some(haproxy)
    }

    /// How many nodes it sends requests to.
    pub fn up(&self) -> usize {
        let Ok(mut stream) = UnixStream::connect(self.folder.file("socket")) else { return 0 };
        let mut said = String::new();
        stream.write_all(b"show stat\n").and_then(|()| stream.read_to_string(&mut said)).expect("it answers");
        said.lines().filter(|line| line.starts_with("nodes,node") && line.contains(",UP,")).count()
    }

    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.file("log")).unwrap_or_default()
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
