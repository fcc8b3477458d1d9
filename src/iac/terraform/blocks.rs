//! Blocks and expressions that the files of Terraform have in common.

use hcl::{
    Block, Expression, Identifier,
    expr::{Traversal, TraversalOperator, Variable},
};

use crate::iac::text;

const PROVIDER_VERSION: &str = ">= 5.0";
const TERRAFORM_VERSION: &str = ">= 1.5";

pub(super) fn versions() -> Block {
    let aws = Expression::from_iter([("source", "hashicorp/aws"), ("version", PROVIDER_VERSION)]);
    Block::builder("terraform")
        .add_attribute(("required_version", TERRAFORM_VERSION))
        .add_block(
            Block::builder("required_providers")
                .add_attribute(("aws", aws))
                .build(),
        )
        .build()
}

pub(super) fn import(to: &[&str], id: &str) -> hcl::Result<Block> {
    Ok(Block::builder("import")
        .add_attribute(("to", traversal(to)?))
        .add_attribute(("id", id))
        .build())
}

pub(super) fn variable(
    name: &str,
    kind: &str,
    description: &str,
    default: Option<Expression>,
) -> hcl::Result<Block> {
    let mut block = Block::builder("variable")
        .add_label(name)
        .add_attribute(("description", description))
        .add_attribute(("type", Variable::new(kind)?));
    if let Some(default) = default {
        block = block.add_attribute(("default", default));
    }
    Ok(block.build())
}

pub(super) fn traversal(parts: &[&str]) -> hcl::Result<Traversal> {
    let (first, rest) = parts.split_first().unwrap_or((&"null", &[]));
    let operators = rest
        .iter()
        .map(|part| Identifier::new(*part).map(TraversalOperator::GetAttr))
        .collect::<hcl::Result<Vec<_>>>()?;
    Ok(Traversal::new(Variable::new(*first)?, operators))
}

pub(super) fn tags(name: &str, reason: Option<&'static str>) -> hcl::Result<Expression> {
    let key = |text: &str| hcl::expr::ObjectKey::from(Expression::from(text));
    let mut tags = vec![
        (key("Name"), Expression::from(text::tag(name))),
        (key("vpce-scout:tool"), "vpce-scout".into()),
        (key("vpce-scout:run"), traversal(&["var", "run_id"])?.into()),
    ];
    tags.extend(reason.map(|reason| (key("vpce-scout:reason"), reason.into())));
    Ok(Expression::Object(tags.into_iter().collect()))
}
