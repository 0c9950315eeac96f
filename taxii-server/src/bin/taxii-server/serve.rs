use std::io::IsTerminal;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, Service as _};
use actix_web::http::ConnectionType;
use actix_web::{App, HttpServer, web};
use futures_util::future::{Either, select};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use taxii_model::Timestamp;
use taxii_server::Taxii;
use taxii_server::audit::{self, Log};
use taxii_server::auth::AccountAuthenticator;
use taxii_server::store::{Store, Sweeper};

use crate::Outcome;
use crate::cli::Serve;
use crate::config::Config;
use crate::demo;
use crate::health::{self, Health};
use crate::listen;
use crate::output::Output;
use crate::recipes;
use crate::stop::{self, Draining, Signals};
use crate::systemd;

const DEMO_DATABASE: &str = "taxii-demo.db";

pub(crate) fn run(config: &mut Config, options: &Serve, out: &Output) -> Outcome {
    log(config)?;
    if options.demo && config.database == Config::default().database {
        config.database = DEMO_DATABASE.into();
    }
    actix_web::rt::System::new().block_on(serve(config, options.demo, out))
}

fn log(config: &Config) -> Outcome {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log)
        .map_err(|error| format!("log = {:?}: {error}", config.log))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(std::io::stderr);
    let log = log.with_ansi(std::io::stderr().is_terminal());
    if config.log_json {
        log.json().init();
    } else {
        log.init();
    }
    Ok(())
}

async fn serve(config: &mut Config, with_demo: bool, out: &Output) -> Outcome {
    health::leave_free("prefix", &config.prefix)?;
    let listeners = listen::sockets(config)?;
    let inherited = config.is_inherited();
    config.bind =
        listeners.iter().map(|l| l.local_addr().map(|address| address.to_string())).collect::<Result<_, _>>()?;

    let store = config.store().await?;
    let key = if with_demo { Some(demo::prepare(&*store).await?) } else { None };
    if config.sweep_minutes > 0 {
        let every = Duration::from_secs(config.sweep_minutes.saturating_mul(60));
        let sweeper = Sweeper::new(Arc::clone(&store) as Arc<dyn Store>);
        let sweeper = if config.audit.enabled { sweeper.audit(Arc::clone(&store) as Arc<dyn Log>) } else { sweeper };
        actix_web::rt::spawn(sweeper.run(every));
    }
    let draining = Draining::default();
    let health = Health::new(Arc::clone(&store), draining.clone());
    let authenticator = AccountAuthenticator::new(Arc::clone(&store))?;
    let log = Arc::clone(&store) as Arc<dyn Log>;
    let taxii = Taxii::over(store).authenticator(authenticator).settings(config.settings());
    let taxii = match config.audit.journal(Arc::clone(&log)) {
        Some(journal) => taxii.audit(journal),
        None => taxii,
    };
    let taxii = taxii.build().await?;
    if config.audit.keep_days > 0 {
        actix_web::rt::spawn(keep(log, config.audit.keep_days));
    }

    let server = running(config, listeners, taxii.clone(), health, draining.clone())?;
    let drain = Duration::from_secs(config.drain_seconds);
    let signals = Signals::listen()?;
    let hurried = actix_web::rt::spawn(stop::on_signal(signals, server.handle(), draining, drain, inherited));
    let served = actix_web::rt::spawn(server);
    announce(config, key.as_deref(), out)?;
    systemd::tell("READY=1");
    if let Either::Left((served, _)) = select(served, hurried).await {
        served??;
    }
    taxii.flush().await?;
    tracing::info!("stopped");
    Ok(())
}

/// Cuts off what is older than so many days, once an hour.
async fn keep(log: Arc<dyn Log>, days: u32) {
    const HOUR: Duration = Duration::from_secs(3600);
    const DAY: i64 = 24 * 3_600_000_000;
    loop {
        let now = Timestamp::now();
        let before = Timestamp::from_micros(now.as_micros() - i64::from(days) * DAY);
        match audit::prune(&*log, before, now).await {
            Ok(pruned) if pruned.records > 0 => {
                tracing::info!(records = pruned.records, "cut off the old part of the log");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the old part of the log could not be cut off"),
        }
        actix_web::rt::time::sleep(HOUR).await;
    }
}

/// The server, which runs when it is waited for.
fn running(
    config: &Config,
    listeners: Vec<TcpListener>,
    taxii: Taxii,
    health: Arc<Health>,
    draining: Draining,
) -> Outcome<Server> {
    let mut server = HttpServer::new(move || {
        let (taxii, draining) = (taxii.clone(), draining.clone());
        let answer = move |request, payload: web::Payload| {
            let taxii = taxii.clone();
            async move { taxii.serve(request, payload).await }
        };
        let app = App::new().configure(|app| health.configure(app)).default_service(web::route().to(answer));
        app.wrap_fn(move |request, rest| {
            let (draining, answered) = (draining.clone(), rest.call(request));
            async move {
                let mut answer = answered.await?;
                // Who keeps a connection open is sent to another node for the next request.
                if draining.is_on() {
                    answer.response_mut().head_mut().set_connection_type(ConnectionType::Close);
                }
                Ok(answer)
            }
        })
    })
    .disable_signals()
    .max_connections(config.limits.connections)
    .shutdown_timeout(stop::FINISH.as_secs());
    if config.workers > 0 {
        server = server.workers(config.workers);
    }
    for listener in listeners {
        server = if config.has_tls() {
            server.listen_rustls_0_23(listener, tls(config)?)?
        } else {
            server.listen(listener)?
        };
    }
    Ok(server.run())
}

fn announce(config: &Config, demo_key: Option<&str>, out: &Output) -> Outcome {
    let scheme = if config.has_tls() { "https" } else { "http" };
    let urls: Vec<String> = config.bind.iter().map(|address| format!("{scheme}://{address}")).collect();
    if out.is_json() {
        anstream::println!("{}", serde_json::json!({"listening": urls, "database": config.database, "key": demo_key}));
        return Ok(());
    }
    for url in &urls {
        anstream::println!("Listening on {url}");
    }
    if let Some(key) = demo_key {
        anstream::println!("{}", recipes::demo(&config.url(), &config.database, key));
    }
    Ok(())
}

/// TLS 1.2 and 1.3 with ring, from the configured files; no early data (TAXII 2.1 §8.2).
pub(crate) fn tls(config: &Config) -> Outcome<rustls::ServerConfig> {
    let wrong = |file: &std::path::Path, error: String| format!("TLS: {}: {error}", file.display());
    let (cert, key) = (&config.tls.cert, &config.tls.key);
    let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| wrong(cert, error.to_string()))?;
    if chain.is_empty() {
        return Err(wrong(cert, "there is no certificate in it".to_owned()).into());
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let tls = builder.with_no_client_auth().with_single_cert(chain, private);
    tls.map_err(|error| wrong(key, format!("it does not fit the certificate: {error}")).into())
}
