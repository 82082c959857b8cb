use std::net::SocketAddr;
use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

mod promises;

use super::*;
use crate::config::ConfigErrors;
use crate::domain::DatabaseUrl;

fn options(listen: &str) -> DevOptions {
    DevOptions {
        listen: listen.to_owned(),
        ..DevOptions::default()
    }
}

async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn folder(config: &Config) -> &Path {
    match &config.host.database_url {
        DatabaseUrl::Sqlite(file) => file.parent().unwrap(),
        DatabaseUrl::Postgres(_) => panic!("not a file"),
    }
}

#[tokio::test]
async fn the_service_gets_its_listener_the_provider_and_a_folder_that_goes_with_it() {
    let mut data = None;
    let serve = async |listener: TcpListener, config: Config| {
        let url = format!("http://{}", listener.local_addr()?);
        let public = config.host.public_url.as_ref().unwrap();
        assert_eq!(public.origin(), url);
        let [provider] = config.providers.as_slice() else {
            panic!("one provider");
        };
        assert_eq!(provider.default_company, None);
        assert!(provider.groups.prohibit_user_signup_if_not_in_group);
        assert_eq!(provider.groups.admins, [samples::ADMIN_GROUP]);
        assert_eq!(provider.admin_role, samples::ADMIN_ROLE);
        assert!(provider.is_loopback());
        assert_eq!(config.warnings, []);

        // The provider answers already, though nobody has been told of it.
        let issuer = provider.issuer().strip_prefix("http://").unwrap();
        let (address, path) = issuer.split_once('/').unwrap();
        let path = format!("/{path}/.well-known/openid-configuration");
        let answer = get(address.parse()?, &path).await;
        assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
        assert!(answer.contains(provider.issuer()));
        assert!(folder(&config).join("usher.db").exists());
        data = Some(folder(&config).to_owned());
        Ok(())
    };
    run_with(options("127.0.0.1:0"), serve).await.unwrap();
    assert!(!data.unwrap().exists());
}

#[tokio::test]
async fn a_failed_service_leaves_no_data_either() {
    let mut data = None;
    let serve = async |_: TcpListener, config: Config| {
        data = Some(folder(&config).to_owned());
        anyhow::bail!("broken")
    };
    let error = run_with(options("[::1]:0"), serve).await.unwrap_err();
    assert_eq!(error.to_string(), "broken");
    assert!(!data.unwrap().exists());
}

#[tokio::test]
async fn an_address_that_others_can_reach_is_refused_before_anything_is_done() {
    let serve = async |_: TcpListener, _: Config| panic!("served");
    let error = run_with(options("0.0.0.0:0"), serve).await.unwrap_err();
    assert!(error.is::<ConfigErrors>(), "{error}");
}

#[tokio::test]
async fn a_policy_that_cannot_be_read_is_named() {
    let mut options = options("127.0.0.1:0");
    options.policy = Some("/nowhere/rules.wasm".into());
    let serve = async |_: TcpListener, _: Config| panic!("served");
    let error = run_with(options, serve).await.unwrap_err();
    assert!(error.is::<ConfigErrors>());
    let words = error.to_string();
    assert!(words.contains("/nowhere/rules.wasm") && words.contains("where: --policy"));
}
