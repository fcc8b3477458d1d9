//! Bypassed: the endpoint is there, and the VPC is answered with public addresses all the same.

use std::collections::BTreeSet;

use super::{
    EXECUTE_API,
    context::{PostureContext, Subject},
};
use crate::{
    classify::{
        host::NameForm,
        path::{AnswerOrigin, ServiceInRegion},
    },
    model::{classified::ClassifiedHost, posture::Finding},
};

/// Why names of the service are answered with public addresses; empty if none is.
pub(super) fn findings(context: &PostureContext<'_>, subject: Subject<'_>) -> BTreeSet<Finding> {
    let (endpoint, vpc) = (subject.endpoint, subject.vpc);
    // Answers stay public where a gateway endpoint takes the traffic, and where private DNS is for others.
    let by_design = endpoint.private_dns_only_for_inbound
        || context.has_gateway_route(vpc, subject.service)
            && subject.region == Some(vpc.target.region.as_str());
    if !subject.is_interface() || by_design {
        return BTreeSet::new();
    }
    subject
        .hosts
        .iter()
        .filter(|host| {
            let service = host.service.as_deref().unwrap_or_default();
            subject.is_called_by(service, host.service_region.as_deref())
                && is_answered_publicly(context, subject, host)
        })
        .filter_map(|host| cause(context, subject, host))
        .collect()
}

fn is_answered_publicly(
    context: &PostureContext<'_>,
    subject: Subject<'_>,
    host: &ClassifiedHost,
) -> bool {
    let called = ServiceInRegion {
        service: subject.service,
        region: host.service_region.as_deref(),
    };
    let public = |address| {
        context.addresses.origin(subject.vpc, Some(called), address) == AnswerOrigin::Public
    };
    host.queries > 0 && host.answers.iter().any(|address| public(*address))
}

/// A name that private DNS leaves alone is the cause, whatever else is off.
fn cause(
    context: &PostureContext<'_>,
    subject: Subject<'_>,
    host: &ClassifiedHost,
) -> Option<Finding> {
    let class = context.rules.classify(&host.host);
    if class.private_dns_covers == Some(false) {
        return Some(match class.form {
            Some(NameForm::Global) => Finding::BypassedGlobalName,
            Some(NameForm::Legacy) => Finding::BypassedLegacyName,
            _ => Finding::BypassedOtherName,
        });
    }
    let vpc = subject.vpc;
    match subject.endpoint.private_dns_enabled? {
        // The endpoint carries calls to private APIs alone, and these have no public addresses
        // (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html).
        false if subject.service == EXECUTE_API => None,
        // Only one endpoint of a service in a VPC can have private DNS: another one's answers count.
        false if has_private_dns(context, subject) => None,
        // EC2 switches private DNS off with the attribute, or refuses it.
        _ if vpc.dns_support == Some(false) || vpc.dns_hostnames == Some(false) => {
            Some(Finding::BypassedVpcDnsOff)
        }
        false => Some(Finding::BypassedPrivateDnsOff),
        // Whether private DNS covers this name is not known, or answers may be older than the endpoint: no
        // resolver is blamed for it.
        true => class
            .private_dns_covers
            .filter(|_| is_older_than_window(context, subject))
            .map(|_| Finding::BypassedCustomResolver),
    }
}

fn is_older_than_window(context: &PostureContext<'_>, subject: Subject<'_>) -> bool {
    let created = subject.endpoint.created_at;
    created.is_none_or(|at| at <= context.window.start)
}

fn has_private_dns(context: &PostureContext<'_>, subject: Subject<'_>) -> bool {
    let all = context.endpoints(subject.vpc, subject.service);
    all.iter().any(|it| it.private_dns_enabled == Some(true))
}
