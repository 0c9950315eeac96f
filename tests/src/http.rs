//! A blocking HTTP/1.1 client that says exactly what it is told: header spellings, missing headers, lying
//! lengths, bodies in pieces. One connection per request.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::answers;
use crate::site::Account;

/// The one media type of TAXII 2.1, in the one spelling servers use (AMB-29).
pub const TAXII: &str = "application/taxii+json;version=2.1";

/// Nothing we ask for takes this long; a server that hangs fails the test instead of the run.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// What the buffers of any socket take, without anybody reading.
const AT_ONCE: usize = 16 << 10;

/// A request under construction.
#[derive(Clone, Debug)]
pub struct Request {
    origin: SocketAddr,
    pub method: String,
    pub target: String,
    /// Whether the account has a client profile, which relaxes the rules of a page.
    pub profile: bool,
    headers: Vec<(String, String)>,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    None,
    Sized(Vec<u8>),
    Chunked(Vec<Vec<u8>>),
}

impl Request {
    /// A request with nothing but a `Host`.
    pub fn new(origin: SocketAddr, method: &str, target: &str) -> Self {
        Self {
            origin,
            method: method.to_owned(),
            target: target.to_owned(),
            profile: false,
            headers: vec![("Host".to_owned(), origin.to_string()), ("Connection".to_owned(), "close".to_owned())],
            body: Body::None,
        }
    }

    /// Adds a header line, also when there is one of that name.
    pub fn add_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Puts this header line in the place of all of that name.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.without(name).add_header(name, value)
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self
    }

    pub fn accept(self, value: &str) -> Self {
        self.header("Accept", value)
    }

    pub fn anonymous(self) -> Self {
        self.without("Authorization")
    }

    pub fn account(mut self, account: Account) -> Self {
        self.profile = account.profile.is_some();
        self.basic(account.name, account.password)
    }

    pub fn basic(self, user: &str, password: &str) -> Self {
        self.header("Authorization", &format!("Basic {}", basic(user, password)))
    }

    /// A body with a true `Content-Length`.
    pub fn body(mut self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Body::Sized(bytes.into());
        self.header("Content-Type", content_type)
    }

    /// The TAXII body most requests have.
    pub fn json(self, value: &Value) -> Self {
        self.body(TAXII, value.to_string())
    }

    /// A body in chunks, without any length.
    pub fn chunked(mut self, content_type: &str, chunks: Vec<Vec<u8>>) -> Self {
        self.body = Body::Chunked(chunks);
        self.header("Content-Type", content_type)
    }

    /// What the request says of a header.
    pub fn said(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Sends, and checks what every answer has to satisfy.
    pub fn send(&self) -> Response {
        let response = self.send_unchecked();
        answers::check(self, &response);
        response
    }

    /// Sends, and takes whatever comes as long as it is HTTP.
    pub fn send_unchecked(&self) -> Response {
        self.try_send().unwrap_or_else(|error| {
            panic!("{} {}: no answer: {error}", self.method, self.target);
        })
    }

    /// Sends, and hands back also the loss of the connection.
    ///
    /// A long body is written beside the reading, since a server may answer without having read it all.
    pub fn try_send(&self) -> io::Result<Response> {
        let connection = Connection::open(self.origin)?;
        let mut writer = connection.stream.try_clone()?;
        let bytes = self.bytes();
        let (at_once, rest) = bytes.split_at(bytes.len().min(AT_ONCE));
        drop(writer.write_all(at_once));
        std::thread::scope(|scope| {
            if !rest.is_empty() {
                scope.spawn(move || drop(writer.write_all(rest)));
            }
            let response = connection.read(&self.method);
            // Sets the writer free if the server never read the rest; it may have gone already.
            drop(connection.stream.shutdown(Shutdown::Both));
            response
        })
    }

    /// The request line and the header lines, with no length but what the test wrote.
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    fn bytes(&self) -> Vec<u8> {
        match &self.body {
            Body::None => self.head(),
            Body::Sized(body) => {
                let length = body.len().to_string();
                let mut bytes = match self.said("Content-Length") {
                    Some(_) => self.head(),
                    None => self.clone().header("Content-Length", &length).head(),
                };
                bytes.extend_from_slice(body);
                bytes
            }
            Body::Chunked(chunks) => {
                let mut bytes = self.clone().header("Transfer-Encoding", "chunked").head();
                for chunk in chunks {
                    bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend_from_slice(chunk);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
                bytes
            }
        }
    }

    /// A connection for tests that write piece by piece.
    pub fn connect(&self) -> Connection {
        Connection::open(self.origin).expect("the server accepts connections")
    }
}

/// The credentials part of a Basic header.
pub fn basic(user: &str, password: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))
}

/// An open connection, for requests that misbehave.
pub struct Connection {
    stream: TcpStream,
}

impl Connection {
    fn open(origin: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(origin)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream })
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Says that nothing more will come.
    pub fn finish_writing(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Reads one answer; the method decides whether it has a body.
    pub fn read(&self, method: &str) -> io::Result<Response> {
        let mut reader = BufReader::new(self.stream.try_clone()?);
        loop {
            let (status, headers) = read_head(&mut reader)?;
            if (100..200).contains(&status) {
                continue;
            }
            let mut response = Response { status, headers, body: Vec::new() };
            if method != "HEAD" && status != 204 && status != 304 {
                response.body = unpacked(read_body(&mut reader, &response)?, &response)?;
            }
            return Ok(response);
        }
    }
}

fn read_head(reader: &mut impl BufRead) -> io::Result<(u16, Vec<(String, String)>)> {
    let line = read_line(reader)?;
    let status = line
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| invalid(format!("no status line: {line:?}")))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        if line.is_empty() {
            return Ok((status, headers));
        }
        let (name, value) = line.split_once(':').ok_or_else(|| invalid(format!("no header line: {line:?}")))?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn read_body(reader: &mut impl BufRead, response: &Response) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    let chunked = response.header("Transfer-Encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
    if chunked {
        loop {
            let line = read_line(reader)?;
            let size =
                usize::from_str_radix(line.trim(), 16).map_err(|_| invalid(format!("no chunk size: {line:?}")))?;
            let start = body.len();
            body.resize(start + size, 0);
            reader.read_exact(&mut body[start..])?;
            read_line(reader)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    match response.header("Content-Length") {
        Some(length) => {
            let length = length.parse().map_err(|_| invalid(format!("length {length:?}")))?;
            body.resize(length, 0);
            reader.read_exact(&mut body)?;
        }
        None => drop(reader.read_to_end(&mut body)?),
    }
    Ok(body)
}

/// The body as it was before it was packed for the way, if it was.
fn unpacked(body: Vec<u8>, response: &Response) -> io::Result<Vec<u8>> {
    match response.header("Content-Encoding") {
        None | Some("identity") => Ok(body),
        Some("gzip") => {
            let mut plain = Vec::new();
            GzDecoder::new(body.as_slice()).read_to_end(&mut plain)?;
            Ok(plain)
        }
        Some(other) => Err(invalid(format!("a coding nobody asked for: {other}"))),
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// Everything that was said: header lines and body, decompressed if it was compressed.
    pub fn raw(&self) -> Vec<u8> {
        let mut raw = Vec::new();
        for (name, value) in &self.headers {
            raw.extend(format!("{name}: {value}\r\n").into_bytes());
        }
        raw.extend(&self.body);
        raw
    }

    /// The header's value; a header that must be single and comes twice is a defect.
    pub fn header(&self, name: &str) -> Option<&str> {
        let values = self.all(name);
        assert!(values.len() < 2, "{name} is there more than once: {:?}", self.headers);
        values.first().copied()
    }

    /// Every line of that name.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("bodies are UTF-8")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("the body is not JSON ({error}): {self}"))
    }

    /// Goes on only if the status is the expected one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "expected {status}, got {self}");
        self
    }
}

impl std::fmt::Display for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        let shown: String = body.chars().take(2000).collect();
        write!(f, "{} {:?} {shown}", self.status, self.headers)
    }
}
