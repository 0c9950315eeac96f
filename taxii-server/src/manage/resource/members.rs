use super::Resource;
use crate::manage::call::{Call, Outcome};
use crate::manage::problem::Problem;
use crate::manage::route::Replied;
use crate::store::{Account, Change, Group, Member};

fn no_group(name: &str) -> Problem {
    Problem::not_found(format!("there is no group {name:?}; GET /v1/groups lists them"))
}

pub(in crate::manage) async fn list(call: Call) -> Outcome {
    let group = call.parameter("group");
    if Group::find(call.store(), group).await?.is_none() {
        return Err(no_group(group));
    }
    let mut members = call.store().members().await?;
    members.retain(|member| member.group == group);
    call.page(&members, |member| member.account.clone())
}

/// Both of them, if both are there.
async fn both(call: &Call) -> Result<(Member, bool), Problem> {
    let (group, account) = (call.parameter("group").to_owned(), call.parameter("account").to_owned());
    if Group::find(call.store(), &group).await?.is_none() {
        return Err(no_group(&group));
    }
    if Account::find(call.store(), &account).await?.is_none() {
        return Err(Problem::not_found(format!("there is no account {account:?}; GET /v1/accounts lists them")));
    }
    let member = Member { group, account };
    let is_in = call.store().members().await?.contains(&member);
    Ok((member, is_in))
}

pub(in crate::manage) async fn join(call: Call) -> Outcome {
    call.update(async |call| {
        let (member, is_in) = both(call).await?;
        let changes = if is_in { Vec::new() } else { vec![Change::AddMember(member)] };
        Ok((changes, ()))
    })
    .await?;
    Ok(Replied::Nothing)
}

pub(in crate::manage) async fn leave(call: Call) -> Outcome {
    call.update(async |call| match both(call).await? {
        (member, true) => Ok((vec![Change::RemoveMember(member)], ())),
        (Member { group, account }, false) => {
            Err(Problem::not_found(format!("the account {account:?} is not in the group {group:?}")))
        }
    })
    .await?;
    Ok(Replied::Nothing)
}
