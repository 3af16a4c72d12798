//! GetCallerIdentity by the Rust SDK: `use` with the credentials that are held, `fresh` with new ones of
//! the same provider chain, which keeps its session token. Region and STS endpoint are found by the SDK.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_sts::config::{Builder, IdentityCache};
use aws_sdk_sts::error::DisplayErrorContext;
use aws_sdk_sts::Client;
use tokio::io::{stdin, AsyncBufReadExt, BufReader};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!(r#"{{"ready":true,"version":"{}"}}"#, version());
    let mut held: Option<(SdkConfig, Client)> = None;
    let mut input = BufReader::new(stdin()).lines();
    while let Ok(Some(command)) = input.next_line().await {
        let (config, client) = match held.take() {
            None => {
                let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
                let client = Client::new(&config);
                (config, client)
            }
            Some((config, _)) if command == "fresh" => {
                let cache = IdentityCache::lazy().build();
                let client = Client::from_conf(Builder::from(&config).identity_cache(cache).build());
                (config, client)
            }
            Some(pair) => pair,
        };
        match client.get_caller_identity().send().await {
            Ok(answer) => println!(
                r#"{{"arn":"{}","region":"{}"}}"#,
                answer.arn().unwrap_or_default(),
                config.region().map(|region| region.as_ref()).unwrap_or_default(),
            ),
            Err(error) => println!(r#"{{"error":"{}"}}"#, escape(&DisplayErrorContext(error).to_string())),
        }
        held = Some((config, client));
    }
}

/// That of aws-config, as it is locked.
fn version() -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let entry = lock.split("name = \"aws-config\"\nversion = \"").nth(1);
    entry.and_then(|rest| rest.split('"').next()).unwrap_or("unknown")
}

fn escape(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('\\', "\\\\").replace('"', "\\\"")
}
