//! `reference_check` before the sandbox as an application of the gallery, which knows what it can be asked for.

use crate::world::{TOKEN, World};

#[test]
fn the_sandbox_as_each_application_with_managers_answers_the_check() {
    for mapping in ["scim", "askspoke", "mediusflow"] {
        for flag in ["", "?aadOptscim062020"] {
            let mut world = World::new();
            let application = world.job_with(mapping, mapping, flag, "reference_check = true\n");
            let sandbox = world.start_sandbox(&["--app", mapping, "--token", TOKEN]);
            world.configure(&application.url(), sandbox.url());
            for name in ["ada", "ben", "cyd"] {
                world.user(name, |_| {}).assign(name, mapping);
            }
            world.user("ada", |ada| {
                ada.set("manager", "ben@contoso.example");
            });
            world.group("Crew", &["ada", "ben"]).assign("Crew", mapping);
            world.sync();
            world
                .user("ada", |ada| {
                    ada.set("manager", "cyd@contoso.example");
                })
                .group("Crew", &["ben", "cyd"]);
            world.sync();
            world.user("ada", |ada| {
                ada.clear("manager");
            });
            world.sync();
            let failures = world.query("SELECT source_name, reason FROM provisioning_logs WHERE status = 'failure'");
            assert_eq!(failures, Vec::<Vec<String>>::new(), "{mapping}{flag}");
            let changed = world.query(
                "SELECT count(*) FROM modified_properties WHERE property LIKE '%manager' OR property = 'members'",
            );
            assert_eq!(changed, [["7"]], "{mapping}{flag}");
        }
    }
}
