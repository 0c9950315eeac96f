use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, Service as _};
use actix_web::http::ConnectionType;
use actix_web::{App, HttpServer, web};
use futures_util::future::{Either, select};
use taxii_model::Timestamp;
use taxii_server::Taxii;
use taxii_server::audit::{self, Log};
use taxii_server::auth::AccountAuthenticator;
use taxii_server::manage::{Managed, Management};
use taxii_server::sharing::Runner;
use taxii_server::store::{Store, Sweeper};
use taxii_server::tls::Tls;

use crate::Outcome;
use crate::cli::Serve;
use crate::config::Config;
use crate::config_check;
use crate::config_issuers;
use crate::config_sharing;
use crate::connections::{Busy, Connections, Watched};
use crate::demo;
use crate::health::{self, Health};
use crate::listen::{self, Socket};
use crate::manage;
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
    let filter = config_check::filter(config)?;
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
    config_check::must_agree(config)?;
    let tls = tls::open(config)?;
    let sockets = listen::sockets(config, config.places()?)?;
    let managed = listen::sockets(config, manage::places(config)?)?;
    let inherited = config.is_inherited();
    let [urls, desks] = [&sockets, &managed].map(|all| all.iter().map(Socket::url).collect::<Vec<_>>());

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
    let authenticator = AccountAuthenticator::new(Arc::clone(&store))?.failed_logins(config.failed_logins());
    let authenticator = config_issuers::joined(authenticator, &config.issuer)?;
    let log = Arc::clone(&store) as Arc<dyn Log>;
    let taxii =
        Taxii::over(Arc::clone(&store) as Arc<dyn Store>).authenticator(authenticator).settings(config.settings());
    let taxii = match config.audit.journal(Arc::clone(&log)) {
        Some(journal) => taxii.audit(journal),
        None => taxii,
    };
    let taxii = taxii.build().await?;
    let (stop_flows, flows_stop) = tokio::sync::watch::channel(false);
    let flows = match config.sharing.flows {
        true => {
            let context = config_sharing::context(config, &store)?.written(taxii.written());
            Some(actix_web::rt::spawn(Runner::new(context).run(flows_stop)))
        }
        false => None,
    };
    let management = Management::over(&taxii, Arc::clone(&store) as Arc<dyn Managed>)
        .chain(config.audit.chain()?)
        .patience(config.audit.patience())
        .sharing(config_sharing::context(config, &store)?);
    if config.audit.keep_days > 0 {
        actix_web::rt::spawn(keep(log, config.audit.keep_days));
    }

    if let Some(tls) = &tls {
        tls::watch(tls, &config.tls);
    }
    let desk = manage::server(config, managed, tls.as_ref(), management, draining.clone())?;
    let server = running(config, sockets, tls.as_ref(), taxii.clone(), health, draining.clone())?;
    let drain = Duration::from_secs(config.drain_seconds);
    let signals = Signals::listen()?;
    let handles = std::iter::once(server.handle()).chain(desk.iter().map(Server::handle)).collect();
    let hurried = actix_web::rt::spawn(stop::on_signal(signals, handles, draining, drain, inherited));
    let desk = desk.map(actix_web::rt::spawn);
    let served = actix_web::rt::spawn(server);
    announce(config, (&urls, &desks), key.as_deref(), out)?;
    systemd::tell("READY=1");
    if let Either::Left((served, _)) = select(served, hurried).await {
        served??;
        if let Some(desk) = desk {
            desk.await??;
        }
    }
    // What callers brought to the very end goes on its way with the next process.
    let _ = stop_flows.send(true);
    if let Some(flows) = flows {
        flows.await?;
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
    sockets: Vec<Socket>,
    tls: Option<&Tls>,
    taxii: Taxii,
    health: Arc<Health>,
    draining: Draining,
) -> Outcome<Server> {
    let connections = Connections::new(config);
    actix_web::rt::spawn(connections.clone().watch());
    let identify = tls.map(Tls::on_connect);
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
    .on_connect(move |io, data| {
        connections.on_connect(io, data);
        if let Some(identify) = &identify {
            identify(io, data);
        }
    })
    .disable_signals()
    .tls_handshake_timeout(Duration::from_secs(config.tls.handshake_seconds.max(1)))
    .max_connections(config.limits.connections)
    // Whoever does not go on with a handshake takes the place of a connection, and not the turn of those who do.
    .max_connection_rate(config.limits.connections)
    .client_request_timeout(Duration::from_secs(config.limits.head_seconds))
    .keep_alive(Duration::from_secs(config.limits.idle_seconds))
    .shutdown_timeout(stop::FINISH.as_secs());
    if config.workers > 0 {
        server = server.workers(config.workers);
    }
    for Socket { listener, place, .. } in sockets {
        server = match tls.filter(|_| place.tls) {
            Some(tls) => server.listen_rustls_0_23(listener, tls.server_config(place.client_certificates.into())?)?,
            None => server.listen(listener)?,
        };
    }
    Ok(server.run())
}

fn announce(config: &Config, (urls, desks): (&[String], &[String]), demo_key: Option<&str>, out: &Output) -> Outcome {
    if out.is_json() {
        anstream::println!(
            "{}",
            serde_json::json!({"listening": urls, "managing": desks, "database": config.database, "key": demo_key})
        );
        return Ok(());
    }
    for url in urls {
        anstream::println!("Listening on {url}");
    }
    for url in desks {
        anstream::println!("Managing on {url}/v1/");
    }
    if let (Some(key), Some(here)) = (demo_key, urls.first()) {
        anstream::println!("{}", recipes::demo(&config.url_from(here), &config.database, key));
    }
    Ok(())
}
