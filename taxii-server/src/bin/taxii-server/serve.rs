use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, Service as _};
use actix_web::http::ConnectionType;
use actix_web::{App, HttpServer, web};
use futures_util::future::{Either, select};
use taxii_server::Taxii;
use taxii_server::auth::AccountAuthenticator;
use taxii_server::store::{Store, Sweeper};
use taxii_server::tls::Tls;

use crate::Outcome;
use crate::cli::Serve;
use crate::config::Config;
use crate::demo;
use crate::health::{self, Health};
use crate::listen::{self, Socket};
use crate::output::Output;
use crate::recipes;
use crate::stop::{self, Draining, Signals};
use crate::systemd;
use crate::tls;

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
    let tls = tls::open(config)?;
    let sockets = listen::sockets(config)?;
    let inherited = config.is_inherited();
    let urls: Vec<String> = sockets.iter().map(Socket::url).collect();

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

    if let Some(tls) = &tls {
        actix_web::rt::spawn(tls::watch(tls.clone(), config.tls.clone()));
    }
    let server = running(config, sockets, tls.as_ref(), taxii, health, draining.clone())?;
    let drain = Duration::from_secs(config.drain_seconds);
    let signals = Signals::listen()?;
    let hurried = actix_web::rt::spawn(stop::on_signal(signals, server.handle(), draining, drain, inherited));
    let served = actix_web::rt::spawn(server);
    announce(config, &urls, key.as_deref(), out)?;
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
    sockets: Vec<Socket>,
    tls: Option<&Tls>,
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
    .tls_handshake_timeout(Duration::from_secs(config.tls.handshake_seconds.max(1)))
    .max_connections(config.limits.connections)
    .client_request_timeout(Duration::from_secs(config.limits.head_seconds))
    .keep_alive(Duration::from_secs(config.limits.idle_seconds))
    .shutdown_timeout(stop::FINISH.as_secs());
    if config.workers > 0 {
        server = server.workers(config.workers);
    }
    if let Some(tls) = tls {
        // Counts for those sockets only that it is told of afterwards.
        server = server.on_connect(tls.on_connect());
    }
    for Socket { listener, place, .. } in sockets {
        server = match tls.filter(|_| place.tls) {
            Some(tls) => server.listen_rustls_0_23(listener, tls.server_config(place.client_certificates.into())?)?,
            None => server.listen(listener)?,
        };
    }
    Ok(server.run())
}

fn announce(config: &Config, urls: &[String], demo_key: Option<&str>, out: &Output) -> Outcome {
    if out.is_json() {
        anstream::println!("{}", serde_json::json!({"listening": urls, "database": config.database, "key": demo_key}));
        return Ok(());
    }
    for url in urls {
        anstream::println!("Listening on {url}");
    }
    if let (Some(key), Some(here)) = (demo_key, urls.first()) {
        anstream::println!("{}", recipes::demo(&config.url_from(here), &config.database, key));
    }
    Ok(())
}
