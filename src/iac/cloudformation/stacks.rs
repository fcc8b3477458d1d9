//! The stacks of a unit: one, or several where one would be larger than CloudFormation takes.
//!
//! A VPC with its security group, endpoints and zones stays together, and so do the zones of a central
//! endpoint that exists. A hash of their ids decides which stack they are in: a stack that is too large is
//! split in two by the next bit of the hash. So what a later run adds moves nothing from one stack to another,
//! unless a stack becomes too large by it. A VPC that is too large alone is split by its endpoints. Its security
//! group is then in the stack of the lowest number, which exports it to the others.

use std::{collections::BTreeSet, hash::Hasher as _};

use fnv::FnvHasher;

use crate::iac::unit::{CentralEndpoint, EndpointPlan, Unit, VpcPlan};

/// Resources and parameters of a template, and the bytes of one that is in S3
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
const RESOURCES: usize = 500;
const PARAMETERS: usize = 200;
const TEMPLATE_BYTES: usize = 1_000_000;

/// Bits of the hash.
const DEPTH: u32 = 32;

/// What is in one stack.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece<'u, 'f> {
    /// The security group of a VPC's new interface endpoints.
    SecurityGroup(&'u VpcPlan<'f>),
    /// An endpoint, with the zones that lead to it.
    Endpoint(&'u VpcPlan<'f>, &'u EndpointPlan<'f>),
    /// The zones that lead to an endpoint which exists.
    Central(&'u CentralEndpoint<'f>),
}

impl<'u> Piece<'u, '_> {
    /// What stays together.
    fn group_id(&self) -> &'u str {
        match self {
            Self::SecurityGroup(vpc) | Self::Endpoint(vpc, _) => &vpc.vpc.vpc_id,
            Self::Central(central) => &central.endpoint.endpoint_id,
        }
    }

    /// Whether the bit of its hash is set.
    fn bit(&self, depth: u32, of_one_vpc: bool) -> bool {
        let name = match self {
            Self::SecurityGroup(_) if of_one_vpc => return false,
            Self::Endpoint(_, endpoint) if of_one_vpc => endpoint.name.snake.as_str(),
            _ => self.group_id(),
        };
        (hash(name) >> depth) & 1 == 1
    }
}

/// One stack.
#[derive(Debug)]
pub(super) struct Stack<'u, 'f, T> {
    /// From 1; numbers may be missing.
    pub(super) number: u64,
    /// In the order of the unit.
    pub(super) pieces: Vec<Piece<'u, 'f>>,
    /// Its template.
    pub(super) template: T,
}

/// How large a template is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) resources: usize,
    pub(super) parameters: usize,
    pub(super) bytes: usize,
}

impl Size {
    fn fits(self) -> bool {
        self.resources <= RESOURCES && self.parameters <= PARAMETERS && self.bytes <= TEMPLATE_BYTES
    }
}

/// The stacks of a unit by number, each with the template that `write` makes of its pieces.
pub(super) fn of<'u, 'f, T>(
    unit: &'u Unit<'f>,
    write: impl Fn(&[Piece<'u, 'f>]) -> Result<(T, Size), String>,
) -> Result<Vec<Stack<'u, 'f, T>>, String> {
    let mut stacks = Vec::new();
    let mut open = vec![(1, 0, pieces(unit))];
    while let Some((number, depth, pieces)) = open.pop() {
        if pieces.is_empty() {
            continue;
        }
        let (template, size) = write(&pieces)?;
        if size.fits() || pieces.len() == 1 || depth == DEPTH {
            stacks.push(Stack {
                number,
                pieces,
                template,
            });
            continue;
        }
        let groups: BTreeSet<&str> = pieces.iter().map(Piece::group_id).collect();
        let of_one_vpc = groups.len() == 1;
        let split = pieces.into_iter();
        let (high, low) = split.partition(|piece| piece.bit(depth, of_one_vpc));
        open.push((number + (1 << depth), depth + 1, high));
        open.push((number, depth + 1, low));
    }
    stacks.sort_by_key(|stack| stack.number);
    Ok(stacks)
}

fn pieces<'u, 'f>(unit: &'u Unit<'f>) -> Vec<Piece<'u, 'f>> {
    let of_vpc = |vpc: &'u VpcPlan<'f>| {
        let group = vpc.needs_security_group();
        let group = group.then_some(Piece::SecurityGroup(vpc)).into_iter();
        let endpoints = vpc.endpoints.iter();
        group.chain(endpoints.map(move |it| Piece::Endpoint(vpc, it)))
    };
    let of_vpcs = unit.vpcs.values().flat_map(of_vpc);
    of_vpcs
        .chain(unit.central.iter().map(Piece::Central))
        .collect()
}

/// FNV-1a and a last mixing, without which the lowest bits of ids that are nearly alike are alike too.
fn hash(text: &str) -> u64 {
    let mut hash = FnvHasher::default();
    hash.write(text.as_bytes());
    let hash = hash.finish();
    (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32
}
