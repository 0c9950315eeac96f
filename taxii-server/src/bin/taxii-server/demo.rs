//! The sample that `serve --demo` loads.

use stix_model::reader::{self, Limits};
use taxii_model::Timestamp;
use taxii_server::auth;
use taxii_server::store::{
    Account, Actor, ApiRoot, Change, Collection, Credential, CredentialKind, Grant, Item, Rights, Submission,
};
use uuid::Uuid;

use crate::Outcome;
use crate::database::Database;

pub(crate) const ROOT: &str = "demo";
pub(crate) const ACCOUNT: &str = "demo";
/// The collection that the printed lines read.
pub(crate) const INDICATORS: Uuid = Uuid::from_u128(0x2c6d_1c57_9f0e_4c0b_8a52_6a4f_0e27_b6d1);

struct Sample {
    id: Uuid,
    alias: &'static str,
    title: &'static str,
    description: &'static str,
    bundle: Option<&'static str>,
}

const SAMPLES: [Sample; 4] = [
    Sample {
        id: INDICATORS,
        alias: "indicators",
        title: "Indicators",
        description: "Addresses, names, URLs and files to look out for",
        bundle: Some(include_str!("../../../demo/indicators.json")),
    },
    Sample {
        id: Uuid::from_u128(0x8f2b_7f6e_53a1_4d0c_9c4e_1d1f_52c3_9a10),
        alias: "intrusion",
        title: "Intrusion",
        description: "The story of an intrusion: every type of STIX object, all TLP levels, several versions, a revocation",
        bundle: Some(include_str!("../../../demo/intrusion.json")),
    },
    Sample {
        id: Uuid::from_u128(0xb1a4_5a0d_7c1e_4b52_a7a8_30c5_6d0f_4e21),
        alias: "defacements",
        title: "Defacements",
        description: "A wave of defaced web sites, as two national teams would share it",
        bundle: Some(include_str!("../../../demo/defacements.json")),
    },
    Sample {
        id: Uuid::from_u128(0xe07d_2e4b_1f3a_4f6d_b8c9_7b2a_9d5e_3c42),
        alias: "inbox",
        title: "Inbox",
        description: "Empty, to push to",
        bundle: None,
    },
];

/// Puts the sample into the database, as far as it is not there yet, and makes a new key for it.
pub(crate) async fn prepare(store: &dyn Database) -> Outcome<String> {
    if store.directory().await?.root(ROOT).is_none() {
        let mut root = ApiRoot::new(ROOT, "Demonstration")?;
        root.description = Some("Made-up content to try things out with".to_owned());
        root.default = true;
        store.add_root(&root).await?;
        store.add_account(&Account::new(ACCOUNT)).await?;
        for sample in &SAMPLES {
            add(store, sample).await?;
        }
    }
    let former = store.credentials(Some(ACCOUNT)).await?.into_iter();
    let mut changes: Vec<Change> = former.map(|credential| Change::RevokeCredential { id: credential.id }).collect();
    let fresh = auth::new_key()?;
    let name = "made by serve --demo".to_owned();
    let key = Credential { name, ..Credential::new(ACCOUNT, CredentialKind::Key, fresh.digest) };
    changes.push(Change::AddCredential(key));
    store.change(&Actor::system(), &changes).await?;
    Ok(fresh.secret)
}

async fn add(store: &dyn Database, sample: &Sample) -> Outcome {
    let mut collection = Collection::new(ROOT, Some(sample.alias), sample.title)?;
    collection.id = sample.id;
    collection.description = Some(sample.description.to_owned());
    store.add_collection(&collection).await?;
    let rights = Rights {
        list: true,
        read: true,
        write: sample.bundle.is_none(),
        delete: sample.bundle.is_none(),
        manage: false,
    };
    store.set_grant(&Grant::of(ACCOUNT, sample.id, rights)).await?;
    let Some(bundle) = sample.bundle else { return Ok(()) };
    let key = store.directory().await?.collection(ROOT, sample.alias).map(|c| c.key).ok_or("the collection is gone")?;
    let (wrapper, objects) = reader::from_str(bundle, &Limits::default())?;
    let items = objects.into_iter().map(|object| match object.head.check(wrapper.spec_version()) {
        Ok(head) => Ok(Item::new(head, String::from(Box::<str>::from(object.text)))),
        Err(findings) => {
            Err(format!("{}: {}", sample.alias, findings.iter().map(ToString::to_string).collect::<String>()))
        }
    });
    let submission = Submission {
        status: Uuid::new_v4(),
        root: ROOT.to_owned(),
        collection: key,
        caller: ACCOUNT.to_owned(),
        received: Timestamp::now(),
        items: items.collect::<Result<_, _>>()?,
        refused: Vec::new(),
    };
    store.add(submission).await?;
    Ok(())
}
