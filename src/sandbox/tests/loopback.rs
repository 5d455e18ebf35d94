//! The application behind a socket.

use super::{PATCH_OP, Sandbox, USER};
use crate::sandbox::{Settings, serve};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::{net::TcpListener, sync::oneshot};

/// Sends a request with the token `right`.
async fn send(client: &reqwest::Client, method: &str, url: &str, body: Option<Value>) -> (u16, String, String) {
    let mut request = client.request(method.parse().unwrap(), url).header("Authorization", "Bearer right");
    if let Some(body) = body {
        request = request.header("Content-Type", "application/scim+json").body(body.to_string());
    }
    let response = request.send().await.unwrap();
    let header = |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let (status, content_type) = (response.status().as_u16(), header("Content-Type"));
    (status, content_type, response.text().await.unwrap())
}

#[tokio::test]
async fn a_user_lives_over_http_until_the_server_is_told_to_stop() {
    let sandbox = Sandbox::with(Settings { token: Some("right".into()), ..Settings::default() });
    let application = Arc::new(sandbox.application);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/scim", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, Arc::clone(&application), async {
        let _ = stopped.await;
    }));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();

    let user = json!({"schemas": [USER], "userName": "ada é"});
    let (status, content_type, body) = send(&client, "POST", &format!("{base}/Users"), Some(user)).await;
    assert_eq!((status, content_type.as_str()), (201, "application/scim+json"));
    let created: Value = serde_json::from_str(&body).unwrap();
    let location = created["meta"]["location"].as_str().unwrap();
    assert_eq!(location, format!("{base}/Users/{}", created["id"].as_str().unwrap()));

    let filter = format!("{base}/Users?filter=userName+eq+%22ADA%20%c3%89%22");
    let (status, _, body) = send(&client, "GET", &filter, None).await;
    let list: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &list["Resources"]), (200, &json!([created])));

    let patch = json!({"schemas": [PATCH_OP], "Operations": [{"op": "Replace", "path": "active", "value": "False"}]});
    let (status, _, body) = send(&client, "PATCH", location, Some(patch)).await;
    assert_eq!((status, &serde_json::from_str::<Value>(&body).unwrap()["active"]), (200, &json!(false)));

    assert_eq!(send(&client, "DELETE", location, None).await, (204, String::new(), String::new()));
    let (status, content_type, _) = send(&client, "GET", location, None).await;
    assert_eq!((status, content_type.as_str()), (404, "application/scim+json"));
    assert_eq!(application.user_count(), 0);

    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}
