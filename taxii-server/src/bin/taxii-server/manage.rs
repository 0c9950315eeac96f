//! The management API of the program: a listener of its own, beside the main one.

use std::time::Duration;

use actix_web::dev::{Server, Service as _};
use actix_web::http::ConnectionType;
use actix_web::{App, HttpServer, web};
use clap::Subcommand;
use serde::{Deserialize, Serialize};
use taxii_server::manage::{Management, openapi};
use taxii_server::tls::Tls;

use crate::Outcome;
use crate::config::{Config, one_or_many};
use crate::listen::{INHERITED, Place, Socket};
use crate::stop::{self, Draining};
use crate::tls::ClientCertificates;

#[derive(Subcommand)]
pub(crate) enum Manage {
    /// Print the OpenAPI 3.1 document of the management API
    Openapi,
}

/// The section `[manage]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Section {
    /// Where administrators reach the management API, such as 127.0.0.1:6101; nowhere if it is empty.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) bind: Vec<String>,
    /// May or must clients show a certificate there? As `tls.client_certificates` has it, unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_certificates: Option<ClientCertificates>,
}

pub(crate) fn run(command: &Manage) -> Outcome {
    match command {
        Manage::Openapi => anstream::println!("{}", serde_json::to_string_pretty(&openapi())?),
    }
    Ok(())
}

/// Where to listen, with TLS as on the main listener.
pub(crate) fn places(config: &Config) -> Outcome<Vec<Place>> {
    let Section { bind, client_certificates } = &config.manage;
    let (tls, usual) = (config.has_tls(), config.tls.client_certificates);
    if bind.iter().any(|bind| bind == INHERITED) {
        return Err(format!("manage.bind: {INHERITED:?} is for the main listener; expected ADDRESS:PORT").into());
    }
    if !tls && client_certificates.is_some_and(|asked| asked != ClientCertificates::Off) {
        return Err("manage.client_certificates: there are no client certificates without TLS".into());
    }
    let place =
        |bind: &String| Place { bind: bind.clone(), tls, client_certificates: client_certificates.unwrap_or(usual) };
    Ok(bind.iter().map(place).collect())
}

/// Threads for administrators: enough that one long answer does not hold up another.
const WORKERS: usize = 2;
/// Open connections of administrators.
const CONNECTIONS: usize = 256;

/// The server of the management API, which runs when it is waited for; none if there is nowhere to listen.
pub(crate) fn server(
    config: &Config,
    sockets: Vec<Socket>,
    tls: Option<&Tls>,
    management: Management,
    draining: Draining,
) -> Outcome<Option<Server>> {
    if sockets.is_empty() {
        return Ok(None);
    }
    let mut server = HttpServer::new(move || {
        let (management, draining) = (management.clone(), draining.clone());
        let answer = move |request, payload: web::Payload| {
            let management = management.clone();
            async move { management.serve(request, payload).await }
        };
        App::new().default_service(web::route().to(answer)).wrap_fn(move |request, rest| {
            let (draining, answered) = (draining.clone(), rest.call(request));
            async move {
                let mut answer = answered.await?;
                if draining.is_on() {
                    answer.response_mut().head_mut().set_connection_type(ConnectionType::Close);
                }
                Ok(answer)
            }
        })
    })
    .disable_signals()
    .workers(WORKERS)
    .max_connections(CONNECTIONS)
    .tls_handshake_timeout(Duration::from_secs(config.tls.handshake_seconds.max(1)))
    .client_request_timeout(Duration::from_secs(config.limits.head_seconds))
    .keep_alive(Duration::from_secs(config.limits.idle_seconds))
    .shutdown_timeout(stop::FINISH.as_secs());
    if let Some(tls) = tls {
        server = server.on_connect(tls.on_connect());
    }
    for Socket { listener, place, .. } in sockets {
        server = match tls.filter(|_| place.tls) {
            Some(tls) => server.listen_rustls_0_23(listener, tls.server_config(place.client_certificates.into())?)?,
            None => server.listen(listener)?,
        };
    }
    Ok(Some(server.run()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;
    use taxii_server::manage::operations;

    use super::*;
    use crate::cli::Cli;

    const FOR_THE_MACHINE: &str = "about the program, its files or its processes on the machine";

    /// What does over the network what a command does on the machine, or why nothing does.
    const COMMANDS: &[(&str, Result<&[&str], &str>)] = &[
        ("serve", Err(FOR_THE_MACHINE)),
        ("init", Err(FOR_THE_MACHINE)),
        ("root add", Ok(&["addRoot"])),
        ("root list", Ok(&["listRoots"])),
        ("root show", Ok(&["showRoot", "listCollections"])),
        ("root set", Ok(&["changeRoot", "setRoot"])),
        ("root remove", Ok(&["removeRoot"])),
        ("collection add", Ok(&["addCollection"])),
        ("collection list", Ok(&["listCollections"])),
        ("collection show", Ok(&["showCollection", "listGrants"])),
        ("collection set", Ok(&["changeCollection", "setCollection"])),
        ("collection sweep", Ok(&["sweepCollection"])),
        ("collection remove", Ok(&["removeCollection"])),
        ("organisation add", Ok(&["addOrganisation"])),
        ("organisation list", Ok(&["listOrganisations"])),
        ("organisation show", Ok(&["showOrganisation", "listAccounts", "listGrants"])),
        ("organisation set", Ok(&["changeOrganisation", "setOrganisation"])),
        ("organisation remove", Ok(&["removeOrganisation"])),
        ("group add", Ok(&["addGroup"])),
        ("group list", Ok(&["listGroups"])),
        ("group show", Ok(&["showGroup", "listMembers", "listGrants"])),
        ("group set", Ok(&["changeGroup", "setGroup"])),
        ("group remove", Ok(&["removeGroup"])),
        ("group join", Ok(&["addMember"])),
        ("group leave", Ok(&["removeMember"])),
        ("account add", Ok(&["addAccount", "addCredential", "addMember", "setGrant"])),
        ("account list", Ok(&["listAccounts"])),
        ("account show", Ok(&["showAccount", "listCredentialsOfAccount", "listGrants"])),
        ("account set", Ok(&["changeAccount", "setAccount", "addCredential", "revokeCredential"])),
        ("account remove", Ok(&["removeAccount"])),
        ("account import", Ok(&["change"])),
        ("credential add", Ok(&["addCredential"])),
        ("credential list", Ok(&["listCredentials", "listCredentialsOfAccount"])),
        ("credential show", Ok(&["showCredential"])),
        ("credential set", Ok(&["changeCredential"])),
        ("credential rotate", Ok(&["rotateCredential"])),
        ("credential revoke", Ok(&["revokeCredential"])),
        ("key add", Ok(&["addCredential"])),
        ("key list", Ok(&["listCredentials", "listCredentialsOfAccount"])),
        ("key show", Ok(&["showCredential"])),
        ("key set", Ok(&["changeCredential"])),
        ("key remove", Ok(&["revokeCredential"])),
        ("grant add", Ok(&["setGrant"])),
        ("grant list", Ok(&["listGrants"])),
        ("grant show", Ok(&["showGrant"])),
        ("grant set", Ok(&["setGrant"])),
        ("grant remove", Ok(&["removeGrant"])),
        ("status", Ok(&["statistics"])),
        ("statistics", Ok(&["statistics"])),
        ("apply", Ok(&["applyState", "addCredential"])),
        ("export", Ok(&["exportState"])),
        ("explain", Ok(&["explain"])),
        ("health", Err(FOR_THE_MACHINE)),
        ("tls self-signed", Err(FOR_THE_MACHINE)),
        ("tls client", Err(FOR_THE_MACHINE)),
        ("tls show", Err(FOR_THE_MACHINE)),
        ("agreement add", Ok(&["addAgreement"])),
        ("agreement list", Ok(&["listAgreements"])),
        ("agreement show", Ok(&["showAgreement"])),
        ("agreement check", Err("it is about a file on the machine, or what agreement show tells")),
        ("agreement simulate", Err("it reads a whole collection, which may take longer than a request")),
        ("agreement report", Ok(&["reportAgreement"])),
        ("agreement remove", Ok(&["removeAgreement"])),
        ("flow add", Err("it names files and variables on the machine, where secrets are")),
        ("flow list", Ok(&["listFlows"])),
        ("flow show", Ok(&["showFlow"])),
        ("flow run", Err("servers run flows by themselves, and it may take longer than a request")),
        ("flow pause", Ok(&["pauseFlow"])),
        ("flow resume", Ok(&["resumeFlow"])),
        ("flow status", Ok(&["flowStatus"])),
        ("flow rewind", Ok(&["rewindFlow"])),
        ("flow compare", Err("it compares whole collections, which may take longer than a request")),
        ("flow remove", Ok(&["removeFlow"])),
        ("partner list", Ok(&["listPartners", "showPartner"])),
        ("partner set", Ok(&["setPartner"])),
        ("partner remove", Ok(&["removePartner"])),
        ("conflict list", Ok(&["listConflicts"])),
        ("conflict show", Ok(&["showConflict"])),
        ("conflict settle", Ok(&["settleConflict"])),
        ("audit who-received", Ok(&["whoReceived"])),
        ("audit what-did", Ok(&["whatDid"])),
        ("audit lag", Ok(&["lag"])),
        ("audit verify", Ok(&["verifyLog"])),
        ("audit head", Ok(&["logHead"])),
        ("audit list", Ok(&["exportLog"])),
        ("audit export", Ok(&["exportLog"])),
        ("audit prune", Err("whoever gets hold of an administrator's key is not to get rid of the traces with it")),
        ("db status", Err(FOR_THE_MACHINE)),
        ("db migrate", Err(FOR_THE_MACHINE)),
        ("db copy", Err(FOR_THE_MACHINE)),
        ("db backup", Err(FOR_THE_MACHINE)),
        ("db restore", Err(FOR_THE_MACHINE)),
        ("db import opentaxii", Err(FOR_THE_MACHINE)),
        ("db import medallion", Err(FOR_THE_MACHINE)),
        ("config check", Err(FOR_THE_MACHINE)),
        ("config print", Err(FOR_THE_MACHINE)),
        ("manage openapi", Ok(&["openapi"])),
    ];

    fn leaves(command: &clap::Command, before: &str, found: &mut BTreeSet<String>) {
        let name = format!("{before} {}", command.get_name());
        match command.get_subcommands().next() {
            None => drop(found.insert(name.trim().to_owned())),
            Some(_) => command.get_subcommands().for_each(|inner| leaves(inner, &name, found)),
        }
    }

    /// Whatever administrators do by command they can do over the network, or somebody has said why not; and nothing can be done over the
    /// network that no command does.
    #[test]
    fn every_command_has_its_path() {
        let mut commands = BTreeSet::new();
        Cli::command().get_subcommands().for_each(|command| leaves(command, "", &mut commands));
        let listed: BTreeSet<String> = COMMANDS.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(commands, listed);
        let known: BTreeSet<&str> = operations().map(|operation| operation.name).collect();
        let named: BTreeSet<&str> = COMMANDS.iter().filter_map(|(_, named)| named.ok()).flatten().copied().collect();
        assert_eq!(named, known);
    }

    /// Off unless told otherwise; on a public address only with TLS or behind a proxy.
    #[test]
    fn it_listens_where_that_is_safe() {
        assert!(places(&Config::default()).unwrap().is_empty());
        let on = |bind: &str| Config {
            manage: Section { bind: vec![bind.to_owned()], ..Section::default() },
            ..Config::default()
        };
        let safe = |config: &Config| {
            let place = places(config).unwrap().remove(0);
            place.must_be_safe(&place.named().unwrap(), config.behind_proxy).is_ok()
        };
        assert!(safe(&on("127.0.0.1:6101")));
        let mut public = on("192.0.2.1:6101");
        assert!(!safe(&public));
        public.tls.cert = "cert.pem".into();
        assert!(safe(&public));
        assert!(places(&on(INHERITED)).is_err());
        let mut asked = on("127.0.0.1:6101");
        asked.manage.client_certificates = Some(ClientCertificates::Required);
        assert!(places(&asked).is_err());
    }
}
