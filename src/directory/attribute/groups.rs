//! Which of the known attributes groups can have.
//!
//! Source: Graph's group resource; `spec/MAPPINGS.md` §13.

use super::named;

/// The attributes of groups. Those that the engine works out are among them.
const OF_GROUPS: [&str; 50] = [
    "allowExternalSenders",
    "appRoleAssignments",
    "assignedLabels",
    "assignedLicenses",
    "autoSubscribeNewMembers",
    "classification",
    "createdDateTime",
    "creationType",
    "deletedDateTime",
    "description",
    "directorySynced",
    "displayName",
    "expirationDateTime",
    "groupTypes",
    "hasMembersWithLicenseErrors",
    "hideFromAddressLists",
    "hideFromOutlookClients",
    "infoCatalogs",
    "isArchived",
    "isAssignableToRole",
    "isManagementRestricted",
    "IsSoftDeleted",
    "isSubscribedByMail",
    "licenseProcessingState",
    "mail",
    "mailEnabled",
    "mailNickname",
    "members",
    "membershipRule",
    "membershipRuleProcessingState",
    "objectId",
    "onPremisesDomainName",
    "onPremisesLastSyncDateTime",
    "onPremisesNetBiosName",
    "onPremisesProvisioningErrors",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "owners",
    "preferredDataLocation",
    "preferredLanguage",
    "proxyAddresses",
    "renewedDateTime",
    "resourceBehaviorOptions",
    "resourceProvisioningOptions",
    "securityEnabled",
    "securityIdentifier",
    "serviceProvisioningErrors",
    "theme",
    "uniqueName",
];

/// Further attributes of groups: those that only Microsoft 365 groups have.
const OF_UNIFIED_GROUPS: [&str; 3] = ["unseenCount", "visibility", "writebackConfiguration"];

/// Whether Entra knows the attribute, whole or by a member of it, and groups have none such: users have it.
pub fn is_of_users_only(name: &str) -> bool {
    let known = named(name).or_else(|| named(name.split_once('.')?.0));
    known.is_some_and(|attribute| !OF_GROUPS.contains(&attribute.name) && !OF_UNIFIED_GROUPS.contains(&attribute.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_of_users_are_told_from_those_of_groups() {
        for (name, of_users_only) in [
            ("surname", true),
            ("manager", true),
            ("mobilePhone", true),
            ("employeeOrgData.division", true),
            ("displayName", false),
            ("mailNickname", false),
            ("members", false),
            ("id", false),
            ("visibility", false),
            ("extension_0123_level", false),
            ("favouriteColour", false),
        ] {
            assert_eq!(is_of_users_only(name), of_users_only, "{name}");
        }
        for name in OF_GROUPS.into_iter().chain(OF_UNIFIED_GROUPS) {
            assert_eq!(named(name).map(|attribute| attribute.name), Some(name));
        }
    }
}
