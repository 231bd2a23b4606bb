//! A corpus in, and clips into, an S3-compatible store: `moto_server` (PyPI `moto[server]`) where it is installed, on this
//! machine alone. `make test-s3` installs it and runs this.
#![cfg(feature = "s3")]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod fixture;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fixture::{clip, preprocessing, tree, whole};
use talkinghead_dataset::{Corpus, Location, MergeSettings, Preprocessing, Shard, merge};

struct Server {
    process: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// `None` if the program is not installed.
    fn start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let program = std::env::var("MOTO_SERVER").unwrap_or_else(|_| "moto_server".to_owned());
        let arguments = ["-H", "127.0.0.1", "-p", &port.to_string()];
        let process = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let server = Self { process, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "the server does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(server)
    }

    fn make_bucket(&self, name: &str) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "PUT /{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[test]
fn a_corpus_in_a_bucket_becomes_clips_in_a_bucket() {
    let Some(server) = Server::start() else {
        assert!(std::env::var_os("MOTO_SERVER").is_none(), "the server that MOTO_SERVER names does not start");
        eprintln!("skipped: moto_server is not installed (pip install 'moto[server]')");
        return;
    };
    server.make_bucket("corpora");
    // Keys and endpoint come from the environment, which a running program should not change: hence a second process.
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "in_the_store", "--ignored", "--nocapture"])
        .env("AWS_ENDPOINT", format!("http://127.0.0.1:{}", server.port))
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .status()
        .unwrap();
    assert!(child.success());
}

#[test]
#[ignore = "run by the other test, which starts a store"]
fn in_the_store() {
    let (input, local) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    clip(&input.path().join("s1/one two.mpg"), "hopper.jpg", 0.5, true);
    clip(&input.path().join("s2/50%.mpg"), "ride.jpg", 2.0, true);
    whole(Corpus::Grid, input.path(), local.path());

    let raw = Location::parse("s3://corpora/raw".as_ref()).unwrap();
    for (name, bytes) in tree(input.path()) {
        raw.write(name.to_str().unwrap(), &bytes).unwrap();
    }
    let output = Location::parse("s3://corpora/made/clips".as_ref()).unwrap();
    for index in 0..2 {
        let run = preprocessing(Corpus::Grid, input.path(), local.path(), Shard::new(index, 2).unwrap());
        let run = Preprocessing { input: raw.clone(), output: output.clone(), ..run };
        run.run(&|_| {}).unwrap();
        // Again: everything is found done.
        let again = run.run(&|_| {}).unwrap();
        assert_eq!(again.resumed, again.sources);
    }
    assert_eq!(merge(&output, &MergeSettings::default()).unwrap().clips, 2);
    for (name, bytes) in tree(local.path()) {
        let name = name.to_str().unwrap();
        let stored = output.read(name).unwrap();
        // Records hold the source's stamp, which differs between a file and an object.
        assert!(stored.is_some(), "{name}");
        assert!(name.starts_with("work/") || stored.unwrap() == bytes, "{name}");
    }
    copies_of(&output, local.path());
    // Nothing beyond what the folder has.
    assert_eq!(output.list().unwrap().files.len(), tree(local.path()).len());
}

/// A copy of some of it on this machine: what has not changed is not fetched again.
fn copies_of(output: &Location, local: &std::path::Path) {
    let copies = tempfile::tempdir().unwrap();
    let copy = || output.on_this_machine(copies.path(), |path| path.starts_with("clips")).unwrap();
    assert_eq!(copy(), copies.path());
    let clips =
        |folder: &std::path::Path| tree(folder).into_iter().filter(|(name, _)| name.starts_with("clips")).collect::<Vec<_>>();
    assert!(clips(copies.path()) == clips(local) && !clips(local).is_empty());
    let object = Location::parse("s3://corpora/made/clips/clips".as_ref()).unwrap();
    object.write("kept/it.txt", b"first").unwrap();
    copy();
    // As long as the object: only the stamp can tell, and it says that nothing has changed.
    let one = copies.path().join("clips/kept/it.txt");
    std::fs::write(&one, b"local").unwrap();
    copy();
    assert_eq!(std::fs::read(&one).unwrap(), b"local");
    object.write("kept/it.txt", b"other").unwrap();
    copy();
    assert_eq!(std::fs::read(&one).unwrap(), b"other");
    object.remove("kept").unwrap();
}
