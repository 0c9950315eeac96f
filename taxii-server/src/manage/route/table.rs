use super::{Gives, Kind, Parameter, Route};
use crate::manage::resource::{
    add, audit, changes, credentials, document, explain, grants, list, members, patch, remove, replace, sharing, show,
    state, statistics, sweep,
};
use crate::store::{Account, ApiRoot, Collection, Group, Organisation};
use sharing::{agreements, conflicts, flows, partners};

/// A handler as the table holds it.
macro_rules! by {
    ($handler:expr) => {
        |call| Box::pin($handler(call))
    };
}

const fn get(path: &'static str, name: &'static str, gives: Gives, run: super::Handler) -> Route {
    Route::new("GET", path, name, gives, run)
}

const fn post(path: &'static str, name: &'static str, gives: Gives, run: super::Handler) -> Route {
    Route::new("POST", path, name, gives, run)
}

const fn put(path: &'static str, name: &'static str, gives: Gives, run: super::Handler) -> Route {
    Route::new("PUT", path, name, gives, run)
}

const fn change(path: &'static str, name: &'static str, gives: Gives, run: super::Handler) -> Route {
    Route::new("PATCH", path, name, gives, run)
}

const fn delete(path: &'static str, name: &'static str, run: super::Handler) -> Route {
    Route::new("DELETE", path, name, Gives::Nothing, run)
}

const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { name, about, kind, required: false }
}

const fn required(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { required: true, ..optional(name, kind, about) }
}

const LIMIT: Parameter = optional("limit", Kind::Number, "items on the page: 1000, 10000 at most");
const AFTER: Parameter = optional("after", Kind::Text, "where the page begins: the `next` of the page before");
const PAGING: &[Parameter] = &[LIMIT, AFTER];
const CONFLICTS_OF: Parameter = optional("collection", Kind::Id, "only those of the collection with this id");
const DRY_RUN: Parameter = optional("dry_run", Kind::Flag, "only find out whether it could be done");

use Gives::{Json, Lines, Made, Nothing, One, Page};

/// Everything that can be asked for.
pub(in crate::manage) static ROUTES: &[Route] = &[
    get("/v1/openapi.json", "openapi", Json("Document"), by!(document)).about("This API, as an OpenAPI 3.1 document"),
    // API roots.
    get("/v1/roots", "listRoots", Page("Root"), by!(list::<ApiRoot>)).about("The API roots").query(PAGING),
    post("/v1/roots", "addRoot", Made("Root"), by!(add::<ApiRoot>)).about("Adds an API root").takes_some("Root"),
    get("/v1/roots/{root}", "showRoot", One("Root"), by!(show::<ApiRoot>)).about("An API root; %2F stands for the root of the server and for slashes"),
    put("/v1/roots/{root}", "setRoot", One("Root"), by!(replace::<ApiRoot>)).about("Replaces what is known about an API root").takes("Root"),
    change("/v1/roots/{root}", "changeRoot", One("Root"), by!(patch::<ApiRoot>)).about("Changes some of what is known about an API root").takes_patch("Root"),
    delete("/v1/roots/{root}", "removeRoot", by!(remove::<ApiRoot>)).about("Removes an API root with everything in it"),
    // Collections.
    get("/v1/collections", "listCollections", Page("Collection"), by!(list::<Collection>)).about("The collections of all API roots, in order of id").query(PAGING),
    post("/v1/collections", "addCollection", Made("Collection"), by!(add::<Collection>)).about("Adds a collection, with a random id unless it has one").takes_some("Collection"),
    get("/v1/collections/{collection}", "showCollection", One("Collection"), by!(show::<Collection>)).about("A collection, by its id").for_managers(),
    put("/v1/collections/{collection}", "setCollection", One("Collection"), by!(replace::<Collection>)).about("Replaces what is known about a collection; it stays in its API root").takes("Collection").for_managers(),
    change("/v1/collections/{collection}", "changeCollection", One("Collection"), by!(patch::<Collection>)).about("Changes some of what is known about a collection").takes_patch("Collection").for_managers(),
    delete("/v1/collections/{collection}", "removeCollection", by!(remove::<Collection>)).about("Removes a collection with all its objects"),
    post("/v1/collections/{collection}/sweep", "sweepCollection", Json("Swept"), by!(sweep::sweep)).about("Removes what a collection is not to keep any longer, for some seconds; servers do so by themselves from time to time").query(&[optional("dry_run", Kind::Flag, "only find out what would be removed")]).for_managers(),
    // Organisations.
    get("/v1/organisations", "listOrganisations", Page("Organisation"), by!(list::<Organisation>)).about("The organisations").query(PAGING),
    post("/v1/organisations", "addOrganisation", Made("Organisation"), by!(add::<Organisation>)).about("Adds an organisation").takes_some("Organisation"),
    get("/v1/organisations/{organisation}", "showOrganisation", One("Organisation"), by!(show::<Organisation>)).about("An organisation"),
    put("/v1/organisations/{organisation}", "setOrganisation", One("Organisation"), by!(replace::<Organisation>)).about("Replaces what is known about an organisation").takes("Organisation"),
    change("/v1/organisations/{organisation}", "changeOrganisation", One("Organisation"), by!(patch::<Organisation>)).about("Changes some of what is known about an organisation").takes_patch("Organisation"),
    delete("/v1/organisations/{organisation}", "removeOrganisation", by!(remove::<Organisation>)).about("Removes an organisation that no account belongs to"),
    // Groups and who is in them.
    get("/v1/groups", "listGroups", Page("Group"), by!(list::<Group>)).about("The groups").query(PAGING),
    post("/v1/groups", "addGroup", Made("Group"), by!(add::<Group>)).about("Adds a group").takes_some("Group"),
    get("/v1/groups/{group}", "showGroup", One("Group"), by!(show::<Group>)).about("A group"),
    put("/v1/groups/{group}", "setGroup", One("Group"), by!(replace::<Group>)).about("Replaces what is known about a group").takes("Group"),
    change("/v1/groups/{group}", "changeGroup", One("Group"), by!(patch::<Group>)).about("Changes some of what is known about a group").takes_patch("Group"),
    delete("/v1/groups/{group}", "removeGroup", by!(remove::<Group>)).about("Removes a group; its members stay, without what it was granted"),
    get("/v1/groups/{group}/members", "listMembers", Page("Member"), by!(members::list)).about("Who is in a group").query(PAGING),
    put("/v1/groups/{group}/members/{account}", "addMember", Nothing, by!(members::join)).about("Puts an account into a group, if it is not in it"),
    delete("/v1/groups/{group}/members/{account}", "removeMember", by!(members::leave)).about("Takes an account out of a group"),
    // Accounts and what lets them in.
    get("/v1/accounts", "listAccounts", Page("Account"), by!(list::<Account>)).about("The accounts").query(PAGING),
    post("/v1/accounts", "addAccount", Made("Account"), by!(add::<Account>)).about("Adds an account; it may log in as soon as it has a credential").takes_some("Account"),
    get("/v1/accounts/{account}", "showAccount", One("Account"), by!(show::<Account>)).about("An account"),
    put("/v1/accounts/{account}", "setAccount", One("Account"), by!(replace::<Account>)).about("Replaces what is known about an account").takes("Account"),
    change("/v1/accounts/{account}", "changeAccount", One("Account"), by!(patch::<Account>)).about("Changes some of what is known about an account").takes_patch("Account"),
    delete("/v1/accounts/{account}", "removeAccount", by!(remove::<Account>)).about("Removes an account with its credentials and grants"),
    get("/v1/accounts/{account}/credentials", "listCredentialsOfAccount", Page("Credential"), by!(credentials::of_account)).about("The credentials of an account, never their secrets").query(PAGING),
    post("/v1/accounts/{account}/credentials", "addCredential", Made("MadeCredential"), by!(credentials::add)).about("Makes a credential; a secret that was made at random is told in this answer and never again").takes("NewCredential"),
    get("/v1/accounts/{account}/credentials/{credential}", "showCredential", One("Credential"), by!(credentials::show)).about("A credential, never its secret"),
    change("/v1/accounts/{account}/credentials/{credential}", "changeCredential", One("Credential"), by!(credentials::patch)).about("Changes a credential's name, end or scope").takes_patch("CredentialChange"),
    delete("/v1/accounts/{account}/credentials/{credential}", "revokeCredential", by!(credentials::revoke)).about("Removes a credential: it lets nobody in any longer"),
    post("/v1/accounts/{account}/credentials/{credential}/rotate", "rotateCredential", Made("MadeCredential"), by!(credentials::rotate)).about("Makes another credential like this password or key, and lets this one expire after a while").takes_some("Rotation"),
    get("/v1/credentials", "listCredentials", Page("Credential"), by!(credentials::all)).about("The credentials of all accounts, never their secrets").query(&[LIMIT, AFTER, optional("kind", Kind::Text, "only those of this kind: password, key, certificate or token")]),
    // Grants.
    get("/v1/grants", "listGrants", Page("Grant"), by!(grants::list)).about("The grants").query(&[
        LIMIT, AFTER,
        optional("account", Kind::Text, "only those of this account itself"),
        optional("group", Kind::Text, "only those of this group"),
        optional("organisation", Kind::Text, "only those of this organisation"),
    ]),
    get("/v1/grants/{subject_kind}/{subject}/{object_kind}/{object}", "showGrant", One("Grant"), by!(grants::show)).about("What an account, a group or an organisation was granted itself on a collection or an API root"),
    put("/v1/grants/{subject_kind}/{subject}/{object_kind}/{object}", "setGrant", One("Grant"), by!(grants::set)).about("Gives an account, a group or an organisation rights to a collection or an API root, in place of any it had").takes("GrantedRights"),
    delete("/v1/grants/{subject_kind}/{subject}/{object_kind}/{object}", "removeGrant", by!(grants::remove)).about("Takes the rights of an account, a group or an organisation to a collection or an API root away"),
    // Everything at once.
    post("/v1/changes", "change", Json("Changed"), by!(changes)).about("Makes changes in their order: all, or none if one fails").takes_large("Changes").query(&[DRY_RUN]),
    get("/v1/state", "exportState", One("State"), by!(state::show)).about("Everything that administrators decide, as `taxii-server export` writes it; never a secret"),
    post("/v1/state", "applyState", Json("Applied"), by!(state::apply)).about("Makes everything as the body says, all or nothing, as `taxii-server apply` does").takes_large("State").query(&[
        optional("dry_run", Kind::Flag, "only tell what would be changed"),
        optional("prune", Kind::Flag, "remove what the body does not name"),
        optional("confirm", Kind::Flag, "also if that removes objects or accounts, which cannot be undone"),
    ]),
    // What is shared with others.
    get("/v1/agreements", "listAgreements", Page("AgreementListed"), by!(agreements::list)).about("The agreements with others, and whether they hold").query(PAGING),
    post("/v1/agreements", "addAgreement", Json("AgreementAdded"), by!(agreements::add)).about("Keeps an agreement, or the next state of one, and makes the grants that follow from it").takes("NewAgreement").query(&[optional("dry_run", Kind::Flag, "only tell what would follow")]),
    get("/v1/agreements/{agreement}", "showAgreement", One("Agreement"), by!(agreements::show)).about("An agreement with its flows"),
    Route::new("DELETE", "/v1/agreements/{agreement}", "removeAgreement", Json("AgreementRemoved"), by!(agreements::remove)).about("Forgets an agreement and takes back its grants; its flows stop").query(&[optional("dry_run", Kind::Flag, "only tell what would go with it")]),
    get("/v1/agreements/{agreement}/report", "reportAgreement", Json("AgreementReport"), by!(agreements::report)).about("What went and came under an agreement in a period, from the log; also of one that was removed").query(&[
        optional("since", Kind::Time, "not before this time"),
        optional("until", Kind::Time, "before this time"),
    ]),
    get("/v1/flows", "listFlows", Page("FlowListed"), by!(flows::list)).about("The flows, as they were noted last").query(PAGING),
    get("/v1/flows/{flow}", "showFlow", One("Flow"), by!(flows::show)).about("What was decided about a flow: where its secrets are, never what they are"),
    get("/v1/flows/{flow}/status", "flowStatus", Json("FlowStatus"), by!(flows::status)).about("How a flow is: how far, what it did, what was withheld and refused, and why"),
    post("/v1/flows/{flow}/pause", "pauseFlow", Json("FlowRests"), by!(flows::pause)).about("Lets a flow rest after the batch that is under way"),
    post("/v1/flows/{flow}/resume", "resumeFlow", Json("FlowRests"), by!(flows::resume)).about("Lets a flow go on that rests or has stopped"),
    post("/v1/flows/{flow}/rewind", "rewindFlow", Json("FlowRests"), by!(flows::rewind)).about("Lets a flow that rests begin anew: all of it is brought again, and what is known at the other end stays as it is"),
    delete("/v1/flows/{flow}", "removeFlow", by!(flows::remove)).about("Removes a flow, with how far it has come and what it made of what; what it brought stays"),
    get("/v1/partners", "listPartners", Page("Partner"), by!(partners::list)).about("Which account, or whose accounts, speak for which server").query(PAGING),
    get("/v1/partners/{holder_kind}/{holder}", "showPartner", One("Partner"), by!(partners::show)).about("Which server an account, or every account of an organisation, speaks for"),
    put("/v1/partners/{holder_kind}/{holder}", "setPartner", One("Partner"), by!(partners::set)).about("Says which server an account, or every account of an organisation, speaks for").takes("SpokenFor"),
    delete("/v1/partners/{holder_kind}/{holder}", "removePartner", by!(partners::remove)).about("Lets somebody speak for no server; the first one that they name is theirs again"),
    get("/v1/conflicts", "listConflicts", Page("Conflict"), by!(conflicts::list)).about("Versions that came with other content than what is there, which stays; the newest first").query(&[LIMIT, AFTER, CONFLICTS_OF]),
    get("/v1/conflicts/{conflict}", "showConflict", One("ConflictShown"), by!(conflicts::show)).about("What is there and what was refused, by the digest of the conflict or the beginning of it").query(&[CONFLICTS_OF]),
    delete("/v1/conflicts/{conflict}", "settleConflict", by!(conflicts::settle)).about("Forgets a conflict that was looked at: what is there stays").query(&[CONFLICTS_OF]),
    // What there is to know.
    get("/v1/explain", "explain", Json("Explained"), by!(explain::explain)).about("Why an account may do with a collection what it may, or why it sees of an object what it sees").query(&[
        required("account", Kind::Text, "whose account"),
        required("collection", Kind::Id, "the id of the collection"),
        optional("object", Kind::Text, "the id of an object in it"),
    ]),
    get("/v1/statistics", "statistics", Json("Statistics"), by!(statistics)).about("What collections hold: objects by type, growth, who may use them"),
    get("/v1/audit/received", "whoReceived", Lines("Received"), by!(audit::received)).about("Who received an object, in whichever version").query(&[required("object", Kind::Text, "the id of the object")]),
    get("/v1/audit/activity", "whatDid", Lines("Activity"), by!(audit::activity)).about("What an account did").query(&[
        required("account", Kind::Text, "whose account"),
        optional("since", Kind::Time, "not before this time"),
        optional("until", Kind::Time, "before this time"),
    ]),
    get("/v1/audit/lag", "lag", Lines("Lag"), by!(audit::lag)).about("How far those who poll have come, and who may and does not").query(&[optional("collection", Kind::Id, "only of the collection with this id")]).for_managers(),
    get("/v1/audit/verify", "verifyLog", Json("Verified"), by!(audit::verify)).about("Walks through the log and tells whether it was tampered with").query(&[optional("expect", Kind::Text, "a head that was written down elsewhere: NUMBER:HASH")]),
    get("/v1/audit/head", "logHead", Json("Head"), by!(audit::head)).about("The end of the log, to be written down elsewhere"),
    get("/v1/audit/records", "exportLog", Lines("Record"), by!(audit::records)).about("The records of the log, in order").query(&[optional("after", Kind::Number, "behind the record of this number"),
        optional("since", Kind::Time, "not before this time, by the clocks of those who wrote")]),
];
