//! The template of scheduled scans: what its state machine does, whom it notifies, and whether its roles allow it.

use serde_json::{Value, json};

use crate::{
    scheduled_scan::{Stack, policy, seeded, strings},
    support::{
        admin::Aws,
        bucket::Bucket,
        organization::HOME,
        state_machine::{Execution, execute},
    },
};

/// Whether a policy allows an action on a resource.
fn allows(policy: &Value, action: &str, resource: &str) -> bool {
    let list = |value: &Value| match value.as_array() {
        Some(items) => items.clone(),
        None => vec![value.clone()],
    };
    let fits = |pattern: &Value| {
        let pieces: Vec<&str> = pattern.as_str().unwrap().split('*').collect();
        let [first, middle @ .., end] = &pieces[..] else {
            return pieces == [resource];
        };
        let mut rest = resource.strip_prefix(first);
        for piece in middle {
            rest = rest.and_then(|it| it.split_once(piece)).map(|it| it.1);
        }
        rest.is_some_and(|it| it.ends_with(end))
    };
    let statements = policy["Statement"].as_array().unwrap().iter();
    let mut allowing = statements.filter(|it| it["Effect"] == "Allow");
    allowing.any(|it| {
        list(&it["Action"]).iter().any(|it| it == action) && list(&it["Resource"]).iter().any(&fits)
    })
}

/// Executions of a state machine whose jobs end as a test wants it.
struct Machine<'m> {
    definition: Value,
    /// The policy of the role that it runs with.
    policy: Value,
    bucket: &'m Bucket<'m>,
    account: &'m str,
}

/// What an execution did.
struct Done {
    execution: Execution,
    /// The jobs, by name, with their parameters.
    jobs: Vec<Value>,
    messages: Vec<Value>,
}

impl Machine<'_> {
    /// Executes with jobs of which those named fail, with or without reports of the execution.
    fn run(&self, failing: &[&str], has_reports: bool) -> Done {
        let context = json!({ "Execution": {
            "Name": "e1", "Id": "arn:aws:states:e1", "StartTime": "2026-11-27T02:00:00.123Z" } });
        let (mut jobs, mut messages) = (Vec::new(), Vec::new());
        let execution = execute(
            &self.definition,
            &context,
            |resource, parameters| match resource {
                "arn:aws:states:::batch:submitJob.sync" => {
                    for part in ["JobQueue", "JobDefinition"] {
                        self.may("batch:SubmitJob", parameters[part].as_str().unwrap());
                    }
                    self.may("batch:DescribeJobs", "*");
                    let rule = "StepFunctionsGetEventsForBatchJobsRule";
                    let rule = format!("arn:aws:events:{HOME}:{}:rule/{rule}", self.account);
                    for action in ["events:PutRule", "events:PutTargets", "events:DescribeRule"] {
                        self.may(action, &rule);
                    }
                    jobs.push(parameters.clone());
                    let name = parameters["JobName"].as_str().unwrap();
                    if failing.contains(&name) {
                        let cause = format!("Essential container in task exited: {name}");
                        return Err(("States.TaskFailed", cause));
                    }
                    Ok(json!({ "JobId": "1" }))
                }
                "arn:aws:states:::aws-sdk:s3:getObject" => {
                    let key = parameters["Key"].as_str().unwrap();
                    assert_eq!(parameters["Bucket"], *self.bucket.name);
                    self.may(
                        "s3:GetObject",
                        &format!("arn:aws:s3:::{}/{key}", self.bucket.name),
                    );
                    assert_eq!(key, "vpce-scout/reports/e1/report.md");
                    if has_reports {
                        Ok(json!({ "Body": "# Summary\n2 gaps", "ContentLength": 16 }))
                    } else {
                        Err(("S3.NoSuchKeyException", "no such key".to_owned()))
                    }
                }
                "arn:aws:states:::sns:publish" => {
                    self.may("sns:Publish", parameters["TopicArn"].as_str().unwrap());
                    messages.push(parameters.clone());
                    Ok(json!({ "MessageId": "1" }))
                }
                other => panic!("the task {other}"),
            },
        );
        Done {
            execution,
            jobs,
            messages,
        }
    }

    fn may(&self, action: &str, resource: &str) {
        assert!(
            allows(&self.policy, action, resource),
            "{action} on {resource}"
        );
    }
}

impl Done {
    /// The one message: subject and text.
    fn message(&self) -> (&str, &str) {
        let [message] = &self.messages[..] else {
            panic!("one message: {:?}", self.messages)
        };
        let part = |key: &str| message[key].as_str().unwrap();
        (part("Subject"), part("Message"))
    }
}

#[test]
fn the_stack_starts_shards_a_merge_and_a_notification_and_its_roles_may_do_that_alone() {
    let aws = Aws::with_settings(&json!({}));
    let seeded = seeded(&aws);
    let bucket = Bucket::new(&aws, &seeded);
    let stack = Stack::deploy(&aws, &seeded, &bucket, "7");
    let states = &stack.definition["States"];
    assert_eq!(states["Start"]["Result"]["first"], "Shards");
    assert_eq!(
        states["Shards"]["Parameters"]["ArrayProperties"]["Size.$"],
        "States.StringToJson('7')"
    );
    assert_eq!(states["Shards"]["Next"], "Merge");
    assert_eq!(states["Shards"]["Catch"][0]["Next"], "Merge");
    assert_eq!(states["Merge"]["Catch"][0]["Next"], "Summary");
    assert_eq!(
        stack.schedule["target"]["Arn"],
        stack.resources["StateMachine"]["id"]
    );
    let account = seeded.account("management");
    let resources_of = |role: &str, action: &str| -> Vec<Value> {
        let policy = policy(&aws, account, stack.role(role));
        let statements = policy["Statement"].as_array().unwrap().clone();
        let about = |one: &Value| one["Action"].to_string().contains(&format!("\"{action}\""));
        let found = statements.iter().filter(|one| about(one));
        found.map(|one| one["Resource"].clone()).collect()
    };
    assert_eq!(
        resources_of("StateMachineRole", "batch:SubmitJob"),
        [json!([
            stack.resources["Queue"]["id"],
            stack.resources["Job"]["id"]
        ])]
    );
    assert_eq!(
        resources_of("StateMachineRole", "sns:Publish"),
        [stack.resources["Topic"]["id"].clone()]
    );
    assert_eq!(
        resources_of("ScheduleRole", "states:StartExecution"),
        [stack.resources["StateMachine"]["id"].clone()]
    );

    let mut machine = Machine {
        definition: stack.definition.clone(),
        policy: policy(&aws, account, stack.role("StateMachineRole")),
        bucket: &bucket,
        account,
    };
    shards_and_merge(&machine);
    machine.definition["States"]["Start"]["Result"]["first"] = "Scan".into();
    one_job(&machine);
    // What starts the executions, and what the agent of Fargate does before a job runs.
    let schedule = policy(&aws, account, stack.role("ScheduleRole"));
    let target = stack.schedule["target"]["Arn"].as_str().unwrap();
    assert!(allows(&schedule, "states:StartExecution", target));
    assert!(!allows(
        &schedule,
        "states:StartExecution",
        "arn:aws:states:other"
    ));
    let agent = policy(&aws, account, stack.role("ExecutionRole"));
    let repository = format!("arn:aws:ecr:{HOME}:{account}:repository/vpce-scout");
    assert!(allows(&agent, "ecr:GetAuthorizationToken", "*"));
    for action in [
        "BatchCheckLayerAvailability",
        "BatchGetImage",
        "GetDownloadUrlForLayer",
    ] {
        let action = format!("ecr:{action}");
        assert!(allows(&agent, &action, &repository), "{action}");
        assert!(
            !allows(&agent, &action, &format!("{repository}-other")),
            "{action}"
        );
    }
    let other = format!(
        "arn:aws:s3:::{}/vpce-scout/state/e1/runs.sqlite3",
        bucket.name
    );
    assert!(!allows(&machine.policy, "s3:GetObject", &other));
}

/// With one shard: a scan that ends well notifies nobody, one with gaps sends its summary.
fn one_job(machine: &Machine<'_>) {
    let well = machine.run(&[], true);
    assert_eq!(well.execution.states, ["Start", "Choose", "Scan"]);
    assert!(well.execution.succeeded && well.messages.is_empty());
    let [scan] = &well.jobs[..] else { panic!() };
    let words = strings(&scan["ContainerOverrides"]["Command"]);
    let place = |what: &str| machine.bucket.url(&format!("vpce-scout/{what}/e1/"));
    let after = |flag: &str| words[words.iter().position(|it| *it == flag).unwrap() + 1];
    assert_eq!(words[0], "scan");
    assert_eq!(
        [after("--state"), after("--out")],
        [place("state"), place("reports")]
    );
    let end = json!([{ "Name": "WINDOW_END", "Value": "2026-11-27T02:00:00.123Z" }]);
    assert_eq!(scan["ContainerOverrides"]["Environment"], end);

    let gaps = machine.run(&["vpce-scout-scan"], true);
    assert_eq!(gaps.execution.states[3..], ["Summary", "NotifySummary"]);
    assert!(gaps.execution.succeeded);
    let (subject, text) = gaps.message();
    assert_eq!(subject, "vpce-scout finished with gaps");
    assert!(
        text.contains("# Summary\n2 gaps") && text.contains(&place("reports")),
        "{text}"
    );

    let none = machine.run(&["vpce-scout-scan"], false);
    assert_eq!(
        none.execution.states[3..],
        ["Summary", "NotifyFailure", "Failed"]
    );
    assert!(!none.execution.succeeded);
    let (subject, text) = none.message();
    assert_eq!(subject, "vpce-scout failed");
    assert!(
        text.contains("arn:aws:states:e1") && text.contains("vpce-scout-scan"),
        "{text}"
    );
}

/// With several shards: what is there is merged, whatever became of a shard.
fn shards_and_merge(machine: &Machine<'_>) {
    let well = machine.run(&[], true);
    assert_eq!(
        well.execution.states,
        ["Start", "Choose", "Shards", "Merge"]
    );
    assert!(well.execution.succeeded && well.messages.is_empty());
    let [shards, merge] = &well.jobs[..] else {
        panic!()
    };
    assert_eq!(shards["ArrayProperties"]["Size"], 7);
    let words = strings(&shards["ContainerOverrides"]["Command"]);
    let place = |what: &str| machine.bucket.url(&format!("vpce-scout/{what}/e1/"));
    assert!(
        words.contains(&place("shards").as_str()) && !words.contains(&"--out"),
        "{words:?}"
    );
    let end = json!([{ "Name": "WINDOW_END", "Value": "2026-11-27T02:00:00.123Z" }]);
    assert_eq!(shards["ContainerOverrides"]["Environment"], end);
    let places = json!([
        { "Name": "PARTS", "Value": place("shards") },
        { "Name": "STATE", "Value": place("state") },
        { "Name": "OUT", "Value": place("reports") },
    ]);
    assert_eq!(merge["ContainerOverrides"]["Environment"], places);
    assert_eq!(merge["ContainerOverrides"]["Command"][0], "merge");

    let one_failed = machine.run(&["vpce-scout-shards"], true);
    assert_eq!(one_failed.execution.states[2..], ["Shards", "Merge"]);
    assert!(
        one_failed.messages.is_empty(),
        "the merge ends with exit code 3 then"
    );
    let gaps = machine.run(&["vpce-scout-shards", "vpce-scout-merge"], true);
    assert_eq!(
        gaps.execution.states[3..],
        ["Merge", "Summary", "NotifySummary"]
    );
    assert_eq!(gaps.message().0, "vpce-scout finished with gaps");
    let none = machine.run(&["vpce-scout-shards", "vpce-scout-merge"], false);
    assert!(!none.execution.succeeded);
    // The merge's error, not that of the shards.
    assert!(none.message().1.contains("exited: vpce-scout-merge"));
}
