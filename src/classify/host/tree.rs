//! Patterns as a tree of labels, read from the right.
//!
//! What a label may be is tried in this order: the literal, a region, part of a label, any label, any labels.
//! The first that accounts for the whole name wins. The depth of the search is that of the patterns, not of the name.

use hashbrown::HashMap;

/// A set of patterns. Roots are independent of one another.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

/// What follows, to the left, after the labels that led here.
#[derive(Clone, Debug, Default)]
struct Node {
    literals: HashMap<Box<str>, usize>,
    region: Option<usize>,
    parts: Vec<Part>,
    any: Option<usize>,
    /// The rule of a name that ends with this node.
    exact: Option<usize>,
    /// The rule of a name with one label or more to the left of this node.
    descendants: Option<usize>,
}

/// A label of which only the beginning and the end are given.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    before: Box<str>,
    after: Box<str>,
    /// Whether what lies between must be a region.
    region: bool,
    next: usize,
}

/// A match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found<'n> {
    /// The rule's position.
    pub(super) rule: usize,
    /// The label, or part of a label, that `{region}` stood for.
    pub(super) region: Option<&'n str>,
}

impl Tree {
    /// A new root without patterns.
    pub(super) fn root(&mut self) -> usize {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    /// Adds the labels of a pattern under a root. Returns `false` and changes nothing if the pattern is there already.
    pub(super) fn insert(&mut self, root: usize, labels: &str, rule: usize) -> bool {
        let mut at = root;
        let mut rest = Some(labels);
        while let Some(labels) = rest {
            if labels == "*" {
                return set(&mut self.nodes[at].descendants, rule);
            }
            let (left, label) = split_last(labels);
            at = self.child(at, label);
            rest = left;
        }
        set(&mut self.nodes[at].exact, rule)
    }

    /// The node after `label`, made if need be.
    fn child(&mut self, at: usize, label: &str) -> usize {
        let new = self.nodes.len();
        let node = &mut self.nodes[at];
        let part = label
            .split_once("{region}")
            .map(|parts| (parts, true))
            .or_else(|| Some((label.split_once('*')?, false)));
        let next = match (label, part) {
            ("{region}", _) => *node.region.get_or_insert(new),
            ("?", _) => *node.any.get_or_insert(new),
            (_, None) => *node.literals.entry(label.into()).or_insert(new),
            (_, Some(((before, after), region))) => {
                let part = Part {
                    before: before.into(),
                    after: after.into(),
                    region,
                    next: new,
                };
                node.add_part(part)
            }
        };
        if next == new {
            self.nodes.push(Node::default());
        }
        next
    }

    /// The best pattern under `root` for these labels.
    pub(super) fn find<'n>(
        &self,
        root: usize,
        labels: &'n str,
        is_region: &impl Fn(&str) -> bool,
    ) -> Option<Found<'n>> {
        self.walk(root, Some(labels), None, is_region)
    }

    fn walk<'n>(
        &self,
        at: usize,
        rest: Option<&'n str>,
        region: Option<&'n str>,
        is_region: &impl Fn(&str) -> bool,
    ) -> Option<Found<'n>> {
        let node = self.nodes.get(at)?;
        let Some(labels) = rest else {
            return node.exact.map(|rule| Found { rule, region });
        };
        let (left, label) = split_last(labels);
        let literal = node
            .literals
            .get(label)
            .and_then(|&next| self.walk(next, left, region, is_region));
        literal
            .or_else(|| {
                node.region
                    .filter(|_| is_region(label))
                    .and_then(|next| self.walk(next, left, Some(label), is_region))
            })
            .or_else(|| {
                node.parts.iter().find_map(|part| {
                    let between = part.middle(label)?;
                    if part.region && !is_region(between) {
                        return None;
                    }
                    self.walk(
                        part.next,
                        left,
                        if part.region { Some(between) } else { region },
                        is_region,
                    )
                })
            })
            .or_else(|| {
                node.any
                    .and_then(|next| self.walk(next, left, region, is_region))
            })
            .or_else(|| node.descendants.map(|rule| Found { rule, region }))
    }
}

impl Node {
    /// Adds a part and returns the node that follows it. Longer parts are tried first: they are more specific.
    fn add_part(&mut self, part: Part) -> usize {
        let same = |known: &&Part| {
            known.before == part.before && known.after == part.after && known.region == part.region
        };
        if let Some(known) = self.parts.iter().find(same) {
            return known.next;
        }
        let next = part.next;
        self.parts.push(part);
        self.parts.sort_by_key(|part| {
            (
                !part.region,
                usize::MAX - part.before.len() - part.after.len(),
            )
        });
        next
    }
}

impl Part {
    /// What lies between the two ends of a label; at least one character.
    fn middle<'n>(&self, label: &'n str) -> Option<&'n str> {
        label
            .strip_prefix(&*self.before)?
            .strip_suffix(&*self.after)
            .filter(|between| !between.is_empty())
    }
}

/// The last label, and what stands before it.
fn split_last(labels: &str) -> (Option<&str>, &str) {
    match labels.rsplit_once('.') {
        Some((left, label)) => (Some(left), label),
        None => (None, labels),
    }
}

/// Fills a place once.
fn set(place: &mut Option<usize>, rule: usize) -> bool {
    let free = place.is_none();
    place.get_or_insert(rule);
    free
}
