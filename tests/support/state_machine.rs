//! A small interpreter of the Amazon States Language, as far as the template of scheduled scans uses it
//! (<https://states-language.net/spec.html>). What it does not know is an error of the test.

use serde_json::{Map, Value, json};

/// The most states that an execution enters.
const MOST: usize = 50;

/// What a task answers: its result, or the name of an error and its cause.
pub(crate) type Answer = Result<Value, (&'static str, String)>;

/// How an execution ended, and the states that it entered.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) succeeded: bool,
    pub(crate) states: Vec<String>,
}

/// Executes a definition. `context` is the context object (`$$`); `task` gets the resource of each task
/// and its parameters.
pub(crate) fn execute(
    definition: &Value,
    context: &Value,
    mut task: impl FnMut(&str, &Value) -> Answer,
) -> Execution {
    let mut input = json!({});
    let mut states = Vec::new();
    let mut name = text(&definition["StartAt"]);
    while states.len() < MOST {
        let state = &definition["States"][&name];
        states.push(name.clone());
        let next = match state["Type"].as_str().unwrap_or_default() {
            "Pass" => {
                if let Some(result) = state.get("Result") {
                    put(&mut input, state, result.clone());
                }
                next(state)
            }
            "Choice" => Some(choose(state, &input)),
            "Task" => perform(state, &mut input, context, &mut task),
            "Succeed" => None,
            "Fail" => return ended(false, states),
            other => panic!("the state `{name}` has the type `{other}`"),
        };
        match next {
            None => return ended(true, states),
            Some(following) if following == UNCAUGHT => return ended(false, states),
            Some(following) => name = following,
        }
    }
    panic!("the execution does not end: {states:?}")
}

/// What follows a task whose error nothing catches.
const UNCAUGHT: &str = "";

fn ended(succeeded: bool, states: Vec<String>) -> Execution {
    Execution { succeeded, states }
}

fn next(state: &Value) -> Option<String> {
    if state["End"] == true {
        return None;
    }
    Some(text(&state["Next"]))
}

fn text(value: &Value) -> String {
    let text = value.as_str();
    text.unwrap_or_else(|| panic!("expected text: {value}"))
        .to_owned()
}

fn choose(state: &Value, input: &Value) -> String {
    for rule in state["Choices"].as_array().expect("choices") {
        let value = at(input, &text(&rule["Variable"]));
        if value == rule["StringEquals"] {
            return text(&rule["Next"]);
        }
    }
    text(&state["Default"])
}

/// Performs a task, and returns what follows it.
fn perform(
    state: &Value,
    input: &mut Value,
    context: &Value,
    task: &mut impl FnMut(&str, &Value) -> Answer,
) -> Option<String> {
    let parameters = template(&state["Parameters"], input, context);
    match task(&text(&state["Resource"]), &parameters) {
        Ok(result) => {
            let result = match state.get("ResultSelector") {
                Some(selector) => template(selector, &result, context),
                None => result,
            };
            put(input, state, result);
            next(state)
        }
        Err((error, cause)) => {
            let catches = state["Catch"].as_array().map_or(&[][..], Vec::as_slice);
            let is_caught = |catch: &&Value| {
                let errors = catch["ErrorEquals"].as_array().expect("errors");
                errors.iter().any(|it| it == "States.ALL" || it == error)
            };
            let Some(catch) = catches.iter().find(is_caught) else {
                return Some(UNCAUGHT.to_owned());
            };
            put(input, catch, json!({ "Error": error, "Cause": cause }));
            Some(text(&catch["Next"]))
        }
    }
}

/// Puts a result where `ResultPath` wants it: nowhere, in the place of the input, or into a member of it.
fn put(input: &mut Value, state: &Value, result: Value) {
    match state.get("ResultPath") {
        Some(Value::Null) => {}
        None => *input = result,
        Some(path) => {
            let path = text(path);
            let member = path.strip_prefix("$.").expect("a member");
            assert!(!member.contains(['.', '[']), "{path}");
            input[member] = result;
        }
    }
}

/// Fills a payload template: the value of each member whose name ends with `.$` is a path or a function.
fn template(value: &Value, input: &Value, context: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut filled = Map::new();
            for (key, value) in members {
                match key.strip_suffix(".$") {
                    Some(key) => {
                        let source = text(value);
                        let (value, rest) = expression(source.trim(), input, context);
                        assert_eq!(rest, "", "after the value of {key}");
                        filled.insert(key.to_owned(), value);
                    }
                    None => drop(filled.insert(key.clone(), template(value, input, context))),
                }
            }
            filled.into()
        }
        Value::Array(items) => {
            let items = items.iter().map(|it| template(it, input, context));
            items.collect()
        }
        other => other.clone(),
    }
}

/// The value of an expression, and what follows it: a string, a path, or an intrinsic function
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html>).
fn expression<'e>(source: &'e str, input: &Value, context: &Value) -> (Value, &'e str) {
    if let Some(rest) = source.strip_prefix('\'') {
        let (quoted, rest) = rest.split_once('\'').expect("a quote that ends");
        assert!(!quoted.contains('\\'), "no escapes: {quoted}");
        return (quoted.into(), rest);
    }
    let is_end = |it: char| ",()' ".contains(it) || it.is_whitespace();
    let (word, rest) = source.split_at(source.find(is_end).unwrap_or(source.len()));
    if word.starts_with('$') {
        let value = match word.strip_prefix("$$") {
            Some(path) => at(context, &format!("${path}")),
            None => at(input, word),
        };
        return (value, rest);
    }
    let mut rest = rest.strip_prefix('(').expect("arguments").trim_start();
    let mut arguments = Vec::new();
    while !rest.starts_with(')') {
        let (value, after) = expression(rest, input, context);
        arguments.push(value);
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    (call(word, &arguments), &rest[1..])
}

fn call(function: &str, arguments: &[Value]) -> Value {
    match function {
        "States.Array" => arguments.to_vec().into(),
        "States.StringToJson" => serde_json::from_str(&text(&arguments[0])).expect("JSON"),
        "States.JsonToString" => arguments[0].to_string().into(),
        "States.Format" => {
            let pattern = text(&arguments[0]);
            let pieces: Vec<&str> = pattern.split("{}").collect();
            assert_eq!(pieces.len(), arguments.len(), "{pattern}");
            let mut filled = pieces[0].to_owned();
            for (value, piece) in arguments[1..].iter().zip(&pieces[1..]) {
                filled += value
                    .as_str()
                    .map_or(value.to_string(), str::to_owned)
                    .as_str();
                filled += piece;
            }
            filled.into()
        }
        other => panic!("the function `{other}`"),
    }
}

/// What is at a reference path, `$.a.b`; nothing there fails the execution in AWS.
fn at(value: &Value, path: &str) -> Value {
    let path = path.strip_prefix('$').expect("a path");
    let mut members = path.split('.').filter(|it| !it.is_empty());
    let found = members.try_fold(value, |value, member| value.get(member));
    let found = found.unwrap_or_else(|| panic!("nothing at `${path}` of {value}"));
    found.clone()
}
