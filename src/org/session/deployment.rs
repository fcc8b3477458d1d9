//! What deploying the roles needs of the caller.

use aws_sdk_cloudformation as cloudformation;

use super::Access;
use crate::aws::attempts::CountAttempts;

impl Access {
    /// The ARN of the caller: a user, or a session of a role.
    pub fn caller_arn(&self) -> &str {
        self.caller_arn.as_str()
    }

    /// CloudFormation in the caller's Region, as the caller.
    pub fn cloudformation(&self) -> cloudformation::Client {
        let builder =
            cloudformation::config::Builder::from(&self.caller.config).interceptor(CountAttempts);
        cloudformation::Client::from_conf(builder.build())
    }
}
