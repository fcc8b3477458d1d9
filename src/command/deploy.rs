//! `permissions deploy`: the StackSet of the roles, planned or applied.

use anyhow::Context;

use crate::{
    Exit,
    cli::{
        Cli,
        permissions::{DeployFormat, PermissionsArgs},
        scan::ScanArgs,
        scope::ScopeArgs,
    },
    config::Config,
    model::coverage::Failure,
    org::{
        accounts, connect::connect, deployment::Deployment, session::Access,
        stack_set::AccountResult,
    },
    permissions::{
        deploy::{self, Settings},
        deploy_calls,
    },
    progress::Bar,
    runtime,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &PermissionsArgs) -> anyhow::Result<Exit> {
    let scope = ScopeArgs {
        external_id: args.external_id.clone(),
        ..ScopeArgs::default()
    };
    let like = ScanArgs {
        scope,
        ..ScanArgs::default()
    };
    let config = super::resolve(cli, &like)?;
    let bar = Bar::start(super::verbosity(cli));
    let done = runtime::block_on(
        config.timeouts.run_seconds,
        || tracing::warn!("stopping; a deployment that was started continues in AWS"),
        async |stop| {
            let access = connect(&config, stop.clone()).await?;
            let deployment = plan(&config, &access, args).await?;
            let client = access.cloudformation();
            let refused = |it: Failure| anyhow::Error::msg(deploy::failed(&deployment, &it));
            let existing = match deployment.existing(&client).await {
                Ok(existing) => existing,
                Err(failure) if args.apply => return Err(refused(failure)),
                // Whoever plans may not be the one who deploys.
                Err(failure) => {
                    tracing::warn!("cannot see whether the StackSet exists: {failure}");
                    None
                }
            };
            let existing = existing.as_ref();
            deploy::check(&deployment, existing).map_err(anyhow::Error::msg)?;
            if !args.apply {
                return super::print(&match args.format {
                    DeployFormat::Cli => deploy_calls::commands(&deployment, existing),
                    DeployFormat::Terraform => deploy_calls::terraform(&deployment, existing),
                });
            }
            deploy::announce(&deployment, existing);
            let results = Box::pin(deployment.apply(&client, existing, &stop)).await;
            let results = results.map_err(refused)?;
            super::print(&deploy::outcome(&results))?;
            Ok(Exit::of_gaps(!results.iter().all(AccountResult::succeeded)))
        },
    );
    bar.finish();
    done.context("cannot start the asynchronous runtime")?
}

/// The ids and ARNs, from the organization and the caller.
async fn plan(
    config: &Config,
    access: &Access,
    args: &PermissionsArgs,
) -> anyhow::Result<Deployment> {
    let listed = accounts::list(access, &config.scope).await?;
    let root = listed
        .accounts
        .iter()
        .find_map(|it| it.ou_ids.first().cloned());
    let units = match (args.units.is_empty(), root) {
        (false, _) => args.units.clone(),
        (true, Some(root)) => vec![root],
        (true, None) => {
            let refusal = listed.failure.map(|it| it.to_string()).or(listed.remark);
            let why = refusal.map(|it| format!(": {it}")).unwrap_or_default();
            anyhow::bail!(
                "the root of the organization is unknown{why}\n\
                 name it with --units ROOT_ID, or allow the caller organizations:ListRoots"
            )
        }
    };
    let caller = match &config.org_role_arn {
        Some(role) => role.to_string(),
        None => deploy::principal_of(access.caller_arn()),
    };
    let settings = Settings {
        role: &config.role.name,
        logging_role: &config.logging.role_name,
        delivery_role: &config.logging.delivery_role,
        external_id: config.role.external_id.as_str(),
    };
    let parameters = deploy::parameters(args, settings, &caller);
    Ok(Deployment {
        name: args.stack_set_name.clone(),
        template: deploy::template().to_owned(),
        parameters,
        units,
        region: access.home_region()?.to_string(),
        delegated: args.delegated,
    })
}
