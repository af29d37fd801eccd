//! A connection of HTTP/1.1 that stays open: one request after another, and no more of HTTP than that.

use anyhow::{Context, Result, ensure};
use memchr::memmem;
use std::io::Write as _;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest answer: 100 lines of a list are far below.
const ANSWER_BYTES_MAX: usize = 256 << 10;

pub(crate) struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    buffer: Vec<u8>,
}

/// An answer, as long as nothing else is asked.
pub(crate) struct Answer<'c> {
    pub(crate) status: u16,
    head: &'c [u8],
    pub(crate) body: &'c [u8],
}

impl Answer<'_> {
    /// The entity tag, with its quotes.
    pub(crate) fn etag(&self) -> Option<&str> {
        header(std::str::from_utf8(self.head).ok()?, "etag")
    }

    pub(crate) fn has(&self, words: &str) -> bool {
        memmem::find(self.body, words.as_bytes()).is_some()
    }

    /// The text of the first member of this name. No text of ours has escapes in it.
    pub(crate) fn text(&self, name: &str) -> Option<&[u8]> {
        let start = memmem::find(self.body, format!("\"{name}\":\"").as_bytes())? + name.len() + 4;
        let end = memchr::memchr(b'"', &self.body[start..])?;
        Some(&self.body[start..start + end])
    }

    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(self.body).chars().take(200).collect()
    }
}

impl Connection {
    pub(crate) async fn open(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server).await.with_context(|| format!("no server at {server}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, request: Vec::new(), buffer: Vec::new() })
    }

    pub(crate) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> Result<Answer<'_>> {
        self.begin(method, path, token)?;
        if !body.is_empty() {
            write!(self.request, "Content-Type: application/json\r\nContent-Length: {}\r\n", body.len())?;
        }
        write!(self.request, "\r\n{body}")?;
        self.finish().await
    }

    /// Asks for an answer of which one has this version.
    pub(crate) async fn ask_unless(&mut self, path: &str, token: &str, etag: &str) -> Result<Answer<'_>> {
        self.begin("GET", path, Some(token))?;
        write!(self.request, "If-None-Match: {etag}\r\n\r\n")?;
        self.finish().await
    }

    fn begin(&mut self, method: &str, path: &str, token: Option<&str>) -> Result<()> {
        self.request.clear();
        write!(self.request, "{method} {path} HTTP/1.1\r\nHost: localhost\r\n")?;
        if let Some(token) = token {
            write!(self.request, "Authorization: Bearer {token}\r\n")?;
        }
        Ok(())
    }

    async fn finish(&mut self) -> Result<Answer<'_>> {
        self.stream.write_all(&self.request).await?;
        self.buffer.clear();
        let (status, start, end) = loop {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the server hung up");
            ensure!(self.buffer.len() < ANSWER_BYTES_MAX, "an endless answer");
            if let Some(found) = parse(&self.buffer)? {
                break found;
            }
        };
        ensure!(self.buffer.len() == end, "more than one answer came");
        Ok(Answer { status, head: &self.buffer[..start], body: &self.buffer[start..end] })
    }
}

/// The status and where the body is, once all of it is there.
fn parse(bytes: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let Some(head) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&bytes[..head]).context("a head that is no text")?;
    let status = text.split(' ').nth(1).context("no status")?.parse()?;
    let length: usize = header(text, "content-length").map_or(Ok(0), str::parse)?;
    let (start, end) = (head + 4, head + 4 + length);
    Ok((bytes.len() >= end).then_some((status, start, end)))
}

fn header<'t>(head: &'t str, wanted: &str) -> Option<&'t str> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(wanted).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_there_once_all_of_its_body_is() {
        let text = b"HTTP/1.1 200 OK\r\nETag: \"a\"\r\ncontent-Length: 13\r\n\r\n{\"id\":\"a-b\"}\n";
        assert_eq!(parse(&text[..text.len() - 1]).unwrap(), None);
        let (status, start, end) = parse(text).unwrap().unwrap();
        let answer = Answer { status, head: &text[..start], body: &text[start..end] };
        assert_eq!(answer.etag(), Some("\"a\""));
        assert_eq!((answer.status, answer.text("id"), answer.text("name")), (200, Some(&b"a-b"[..]), None));
        assert_eq!(parse(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().unwrap().0, 204);
    }
}
