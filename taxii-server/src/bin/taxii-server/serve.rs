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
use taxii_server::Taxii;
use taxii_server::auth::AccountAuthenticator;
use taxii_server::store::{Store, Sweeper};

use crate::Outcome;
use crate::cli::Serve;
use crate::config::Config;
use crate::connections::{Busy, Connections, Watched};
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
        actix_web::rt::spawn(Sweeper::new(Arc::clone(&store) as Arc<dyn Store>).run(every));
    }
    let draining = Draining::default();
    let health = Health::new(Arc::clone(&store), draining.clone());
    let authenticator = AccountAuthenticator::new(Arc::clone(&store))?.failed_logins(config.failed_logins());
    let taxii = Taxii::over(store).authenticator(authenticator).settings(config.settings()).build().await?;

    let server = running(config, listeners, taxii, health, draining.clone())?;
    let drain = Duration::from_secs(config.drain_seconds);
    let signals = Signals::listen()?;
    let hurried = actix_web::rt::spawn(stop::on_signal(signals, server.handle(), draining, drain, inherited));
    let served = actix_web::rt::spawn(server);
    announce(config, key.as_deref(), out)?;
    systemd::tell("READY=1");
    if let Either::Left((served, _)) = select(served, hurried).await {
        served??;
    }
    tracing::info!("stopped");
    Ok(())
}

/// The server, which runs when it is waited for.
fn running(
    config: &Config,
    listeners: Vec<TcpListener>,
    taxii: Taxii,
    health: Arc<Health>,
    draining: Draining,
) -> Outcome<Server> {
    let connections = Connections::new(config);
    actix_web::rt::spawn(connections.clone().watch());
    let mut server = HttpServer::new(move || {
        let (taxii, draining) = (taxii.clone(), draining.clone());
        let answer = move |request, payload: web::Payload| {
            let taxii = taxii.clone();
            async move { taxii.serve(request, payload).await }
        };
        let app = App::new().configure(|app| health.configure(app)).default_service(web::route().to(answer));
        app.wrap_fn(move |request, rest| {
            let busy = request.request().conn_data::<Watched>().map(Busy::on);
            let (draining, answered) = (draining.clone(), rest.call(request));
            async move {
                let mut answer = answered.await?;
                if let Some(busy) = busy {
                    answer = answer.map_body(|_, body| busy.until_sent(body));
                }
                // Who keeps a connection open is sent to another node for the next request.
                if draining.is_on() {
                    answer.response_mut().head_mut().set_connection_type(ConnectionType::Close);
                }
                Ok(answer)
            }
        })
    })
    .on_connect(move |io, data| connections.on_connect(io, data))
    .disable_signals()
    .max_connections(config.limits.connections)
    .client_request_timeout(Duration::from_secs(config.limits.head_seconds))
    .keep_alive(Duration::from_secs(config.limits.idle_seconds))
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
