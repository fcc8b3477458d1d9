//! Names of resources within a template, made from ids alone, so that they never change.

use std::collections::BTreeSet;

/// The name of a resource in both languages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    /// For Terraform: `vpc_0abc_ecr_api_interface`.
    pub(super) snake: String,
    /// For CloudFormation, which takes letters and digits alone: `Vpc0abcEcrApiInterface`.
    pub(super) pascal: String,
}

/// The names that a unit uses.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// A name made of the letters and digits in `parts`. Two services that differ in punctuation
    /// alone would have the same name: the second one gets a number.
    pub(super) fn name(&mut self, parts: &[&str]) -> Name {
        let words: Vec<String> = parts
            .iter()
            .flat_map(|part| part.split(|letter: char| !letter.is_ascii_alphanumeric()))
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let mut number = 1;
        loop {
            let suffix = (number > 1).then(|| number.to_string());
            let words: Vec<&str> = words
                .iter()
                .map(String::as_str)
                .chain(suffix.as_deref())
                .collect();
            let name = Name {
                snake: words.join("_"),
                pascal: words.iter().map(|word| capitalized(word)).collect(),
            };
            if self.0.insert(name.pascal.clone()) {
                return name;
            }
            number += 1;
        }
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_ids_and_stay_apart() {
        let mut names = Names::default();
        let first = names.name(&["vpc-0abc", "ecr.api", "Interface"]);
        assert_eq!(first.snake, "vpc_0abc_ecr_api_interface");
        assert_eq!(first.pascal, "Vpc0abcEcrApiInterface");
        let second = names.name(&["vpc-0abc", "ecr-api", "Interface"]);
        assert_eq!(second.pascal, "Vpc0abcEcrApiInterface2");
        assert_eq!(second.snake, "vpc_0abc_ecr_api_interface_2");
    }
}
