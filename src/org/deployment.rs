//! What is deployed to a StackSet, and what a StackSet that exists already keeps.

use std::collections::BTreeMap;

/// What is deployed, and where.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The name of the StackSet.
    pub name: String,
    /// The template.
    pub template: String,
    /// Parameters of the template.
    pub parameters: Vec<Chosen>,
    /// The root or the organizational units whose accounts get a stack.
    pub units: Vec<String>,
    /// The Region of the stacks.
    pub region: String,
    /// Whether the caller is a delegated administrator, not the management account.
    pub delegated: bool,
}

/// A parameter of the template and the value it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The name of the parameter.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Whether the value was asked for. One that was not is that of a new StackSet alone.
    pub is_named: bool,
}

impl Deployment {
    /// The parameters whose values are passed: of a StackSet that exists, those that are named.
    pub fn given(&self, existing: Option<&Existing>) -> impl Iterator<Item = &Chosen> {
        let is_new = existing.is_none();
        self.parameters
            .iter()
            .filter(move |it| is_new || it.is_named)
    }
}

/// A StackSet that exists already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Existing {
    /// Its template.
    pub template: String,
    /// The parameters that it was given: the others have the defaults of the template. Values that are
    /// secret are masked
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSet.html>).
    pub parameters: BTreeMap<String, String>,
    /// Whether its permissions are self-managed.
    pub is_self_managed: bool,
}

/// A parameter whose value is another one than that of the deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<'a> {
    /// The name of the parameter.
    pub key: &'a str,
    /// The value of the StackSet that exists; empty if it has none.
    pub there: &'a str,
    /// That of the deployment.
    pub wanted: &'a str,
}

impl Existing {
    /// Its parameters that the deployment does not name, with their values.
    pub fn kept(&self, deployment: &Deployment) -> Vec<(&str, &str)> {
        let is_named = |key: &str| deployment.given(Some(self)).any(|it| it.key == key);
        let all = self.parameters.iter();
        let all = all.map(|(key, value)| (key.as_str(), value.as_str()));
        all.filter(|(key, _)| !is_named(key)).collect()
    }

    /// Whether its stacks are what the deployment would make them. A masked value may be another one.
    pub fn is_current(&self, deployment: &Deployment) -> bool {
        self.template == deployment.template && self.replaced(deployment).is_empty()
    }

    /// The values that the deployment replaces by those that it names.
    pub fn replaced<'a>(&'a self, deployment: &'a Deployment) -> Vec<Difference<'a>> {
        self.differences(deployment.given(Some(self)))
    }

    /// The values that it keeps and a new StackSet would not have.
    pub fn unlike_new<'a>(&'a self, deployment: &'a Deployment) -> Vec<Difference<'a>> {
        self.differences(deployment.parameters.iter().filter(|it| !it.is_named))
    }

    fn differences<'a>(
        &'a self,
        parameters: impl Iterator<Item = &'a Chosen>,
    ) -> Vec<Difference<'a>> {
        let difference = |it: &'a Chosen| Difference {
            key: &it.key,
            there: self.value(&it.key),
            wanted: &it.value,
        };
        let differs = |it: &Difference<'_>| it.there != it.wanted;
        parameters.map(difference).filter(differs).collect()
    }

    /// The value of a parameter; empty if it has none.
    fn value(&self, key: &str) -> &str {
        let given = self.parameters.get(key).map(String::as_str);
        given
            .or_else(|| default_of(&self.template, key))
            .unwrap_or_default()
    }
}

/// The default of a parameter of a template in YAML, as this program writes it.
fn default_of<'a>(template: &'a str, key: &str) -> Option<&'a str> {
    let mut lines = template.lines();
    lines.find(|line| line.strip_prefix("  ").and_then(|it| it.strip_suffix(':')) == Some(key))?;
    let mut lines = lines.take_while(|line| line.starts_with("    "));
    let value = lines.find_map(|line| line.strip_prefix("    Default: "))?;
    Some(value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = include_str!("../../config/cloudformation/member-role.yaml");

    fn chosen(key: &str, value: &str, is_named: bool) -> Chosen {
        Chosen {
            key: key.to_owned(),
            value: value.to_owned(),
            is_named,
        }
    }

    fn deployment(parameters: Vec<Chosen>) -> Deployment {
        Deployment {
            name: "vpce-scout".to_owned(),
            template: TEMPLATE.to_owned(),
            parameters,
            units: Vec::new(),
            region: "eu-west-1".to_owned(),
            delegated: false,
        }
    }

    fn existing(parameters: &[(&str, &str)]) -> Existing {
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Existing {
            template: TEMPLATE.to_owned(),
            parameters: parameters.iter().map(pair).collect(),
            is_self_managed: false,
        }
    }

    #[test]
    fn a_value_that_is_not_named_is_that_of_a_new_stack_set_alone() {
        let deployment = deployment(vec![
            chosen("RoleName", "vpce-scout-read", false),
            chosen("AllowLogging", "true", true),
        ]);
        let there = existing(&[("RoleName", "audit"), ("ExternalId", "****")]);
        let keys = |it: Option<&Existing>| -> Vec<String> {
            deployment.given(it).map(|it| it.key.clone()).collect()
        };
        assert_eq!(keys(None), ["RoleName", "AllowLogging"]);
        assert_eq!(keys(Some(&there)), ["AllowLogging"]);
        let kept = [("ExternalId", "****"), ("RoleName", "audit")];
        assert_eq!(there.kept(&deployment), kept);
        let [one]: [Difference<'_>; 1] = there.unlike_new(&deployment).try_into().unwrap();
        assert_eq!((one.there, one.wanted), ("audit", "vpce-scout-read"));
        let [one]: [Difference<'_>; 1] = there.replaced(&deployment).try_into().unwrap();
        assert_eq!(
            (one.key, one.there, one.wanted),
            ("AllowLogging", "false", "true")
        );
    }

    #[test]
    fn a_parameter_that_was_never_given_has_the_default_of_the_template() {
        let there = existing(&[]);
        let named = |value: &str| deployment(vec![chosen("RoleName", value, true)]);
        assert!(there.is_current(&named("vpce-scout-read")));
        assert!(!there.is_current(&named("audit")));
        for (key, value) in [
            ("ExternalId", Some("")),
            ("QueriedLogGroups", Some("arn:*:logs:*:*:log-group:*")),
            ("TrustedPrincipalArn", None),
            ("Nothing", None),
        ] {
            assert_eq!(default_of(TEMPLATE, key), value, "{key}");
        }
    }
}
