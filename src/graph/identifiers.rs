//! The ids that Graph's records name: of the job, the application and its service principal. Derived from the tenant and
//! the job's name, so that they are the same on every run.

use uuid::Uuid;

/// The namespace of everything derived here.
const NAMESPACE: Uuid = Uuid::from_u128(0x3d0c_52f1_9b8e_4f6a_8f21_70d4_b9c6_15ee);

/// The ids of one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifiers {
    /// The tenant.
    pub tenant: Uuid,
    /// The application.
    pub application: Uuid,
    /// Its service principal.
    pub service_principal: Uuid,
    /// The source directory, as a system.
    pub source_system: Uuid,
    /// The target, as a system.
    pub target_system: Uuid,
}

impl Identifiers {
    /// The ids of the job called `job` in `tenant`.
    pub fn of(tenant: Uuid, job: &str) -> Self {
        let derive = |what: &str| Uuid::new_v5(&NAMESPACE, format!("{tenant} {job} {what}").as_bytes());
        Self {
            tenant,
            application: derive("application"),
            service_principal: derive("service principal"),
            source_system: Uuid::new_v5(&NAMESPACE, format!("{tenant} source").as_bytes()),
            target_system: derive("target"),
        }
    }

    /// The job's id: template, tenant without dashes, application.
    pub fn job(&self) -> String {
        format!("scim.{}.{}", self.tenant.simple(), self.application)
    }
}
