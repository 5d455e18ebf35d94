//! Targets whose certificate is not trusted: one message of our own, and none of the TLS library's.

use crate::world::{TOKEN, World};
use rcgen::generate_simple_self_signed;
use std::{net::TcpListener, sync::Arc};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, crypto::aws_lc_rs, pki_types::PrivatePkcs8KeyDer};

/// Listens with a certificate that nobody has signed; returns the port.
fn listen() -> u16 {
    let own = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = Arc::new(builder.with_single_cert(vec![own.cert.der().clone()], key.into()).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((mut connection, _)) = listener.accept() {
            let mut session = ServerConnection::new(config.clone()).unwrap();
            // The other side gives up in the midst of it.
            let _ = session.complete_io(&mut connection);
        }
    });
    port
}

#[test]
fn a_certificate_that_is_not_trusted_is_told_once() {
    let mut world = World::new();
    let application = world.job("scim");
    let address = format!("localhost:{}", listen());
    world.configure(&application.url(), &format!("https://{address}/scim"));
    world.user("ada", |_| {}).assign("ada", "scim");
    let said = world.run(["test-connection", "scim"]).exits_with(1).stderr;
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert_eq!(lines[0], format!("error: https://{address}/scim does not answer as SCIM demands"));
    assert!(lines[1].contains("no TLS connection to") && lines[1].ends_with("goes into `ca_file`"), "{said}");
    let synced = world.run(["sync", "now"]).exits_with(3);
    assert!(synced.stdout.contains("no TLS connection to"), "{}", synced.stdout);
    assert!(!synced.stderr.contains("certificate") && !synced.stderr.contains(TOKEN), "{}", synced.stderr);
}
