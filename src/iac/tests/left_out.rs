//! What gets no template, and why.

use super::*;

#[test]
fn a_removal_is_in_the_checklist_and_in_no_template() {
    let mut facts = facts("one");
    facts.endpoints.insert("vpce-1".into(), existing());
    let generated = generated(
        &facts,
        &[row("kms", "Interface", "remove")],
        Language::CloudFormation,
    );
    assert_eq!(generated.files.len(), 1);
    assert!(file(&generated, "README.md").contains("- [ ] kms of vpc-1"));
    assert_eq!(generated.left_out.len(), 1);
    assert!(!generated.left_out[0].asked_for);
}

#[test]
fn what_is_not_measured_waits_until_it_is_asked_for() {
    let mut unmeasured = row("kms", "Interface", "create");
    unmeasured.monthly_saving_usd = None;
    unmeasured.basis = crate::model::opportunity::Basis::Unknown;
    let facts = facts("one");
    let rows = [unmeasured];
    let input = input(&facts, &rows);
    let endpoints = |selection: &Selection| {
        let (_, totals) = generate(&input, selection, Language::Terraform, Layout::Accounts);
        (totals.endpoints, totals.left_out)
    };
    assert_eq!(endpoints(&Selection::default()), (0, 1));
    let asked = Selection {
        include_unmeasured: true,
        ..Selection::default()
    };
    assert_eq!(endpoints(&asked).0, 1);
    let other = Selection {
        services: vec!["sts".into()],
        actions: vec![Action::Create],
        ..asked
    };
    assert_eq!(endpoints(&other).0, 0);
}

#[test]
fn what_cannot_be_made_is_left_out_with_the_reason() {
    let facts = facts("one");
    let generated = generated(
        &facts,
        &[row("kms", "Interface", "enable_private_dns")],
        Language::Terraform,
    );
    assert!(generated.left_out[0].asked_for);
    assert!(
        generated.left_out[0]
            .why
            .contains("no endpoint without private DNS")
    );
}

#[test]
fn a_filter_that_fits_no_opportunity_is_named_with_its_flag() {
    let selection = Selection {
        accounts: vec![ACCOUNT.parse().unwrap()],
        regions: vec![REGION.parse().unwrap(), "eu-west-2".parse().unwrap()],
        services: vec!["s3".to_owned(), "s33".to_owned()],
        ..Selection::default()
    };
    let mut unmatched = UnmatchedFilters::of(&selection);
    unmatched.match_rows(&[row("s3", "Gateway", "create")]);
    let warnings: Vec<_> = unmatched.warnings().collect();
    assert_eq!(
        warnings,
        [
            "`eu-west-2` of --regions fits no opportunity of the run",
            "`s33` of --services fits no opportunity of the run"
        ]
    );
}
