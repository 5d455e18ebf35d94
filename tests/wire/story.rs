//! A story: what is there, what changes, and which requests follow, told once for both dialects.

use super::{
    golden::{Recorded, compare},
    mapping,
    stage::{JobText, Stage},
};
use scimulator::{engine::Reset, scim::dialect::Dialect, store::ObjectKind};

/// Which requests are expected.
struct Golden {
    legacy: String,
    compliant: String,
    /// Whether the heads are shown in any case, and the probe with which a cycle begins.
    whole: bool,
}

enum Step {
    Do(Box<dyn Fn(&mut Stage)>),
    Cycle(Option<Golden>),
    Demand(ObjectKind, &'static str, &'static [&'static str], Golden),
    TestConnection(Golden),
    Discover(Golden),
    Restart(&'static [Reset]),
}

/// Looks at the method and the target of each request.
type Look = Box<dyn Fn(&[(String, String)])>;

/// A story. Its steps are taken in order, with a job in the legacy dialect, and then with one in the compliant dialect.
pub(crate) struct Story {
    job: JobText,
    steps: Vec<Step>,
    /// Which dialects it is told in, where the tenant URL says itself which it is.
    only: Option<Dialect>,
    /// Looks at all requests, also those of no interest.
    look: Option<Look>,
}

/// A story of the small mapping: `userName`, `active`, `displayName` and `title` of users, groups with members.
pub(crate) fn story() -> Story {
    story_of(&mapping::small(&[]))
}

/// A story of this mapping.
pub(crate) fn story_of(mapping: &str) -> Story {
    let job = JobText { mapping: mapping.to_owned(), settings: String::new(), base: "/scim".to_owned() };
    Story { job, steps: Vec::new(), only: None, look: None }
}

impl Story {
    /// The job has these lines more.
    pub(crate) fn with(mut self, settings: &str) -> Self {
        self.job.settings.push_str(settings);
        self.job.settings.push('\n');
        self
    }

    /// What follows the application's address in the tenant URL.
    pub(crate) fn at(mut self, base: &str) -> Self {
        base.clone_into(&mut self.job.base);
        self
    }

    /// This is done, and a cycle brings it about; its requests are of no interest.
    pub(crate) fn given(self, happens: impl Fn(&mut Stage) + 'static) -> Self {
        let mut story = self.when(happens);
        story.steps.push(Step::Cycle(None));
        story
    }

    /// This happens.
    pub(crate) fn when(mut self, happens: impl Fn(&mut Stage) + 'static) -> Self {
        self.steps.push(Step::Do(Box::new(happens)));
        self
    }

    /// The job is restarted.
    pub(crate) fn restarted(mut self, resets: &'static [Reset]) -> Self {
        self.steps.push(Step::Restart(resets));
        self
    }

    /// A cycle sends its probe, and then these requests in the legacy and in the compliant dialect.
    pub(crate) fn sends(mut self, legacy: &str, compliant: &str) -> Self {
        self.steps.push(Step::Cycle(Some(golden(legacy, compliant))));
        self
    }

    /// A cycle sends its probe, and then these requests in either dialect.
    pub(crate) fn sends_in_both(self, requests: &str) -> Self {
        self.sends(requests, requests)
    }

    /// A cycle sends these requests in the legacy and in the compliant dialect, the probe among them, with these heads.
    pub(crate) fn sends_whole(mut self, legacy: &str, compliant: &str) -> Self {
        self.steps.push(Step::Cycle(Some(Golden { whole: true, ..golden(legacy, compliant) })));
        self
    }

    /// The same in both.
    pub(crate) fn sends_whole_in_both(self, requests: &str) -> Self {
        self.sends_whole(requests, requests)
    }

    /// The tenant URL says itself which dialect it is; the story is told in that one.
    pub(crate) fn only_in(mut self, dialect: Dialect) -> Self {
        self.only = Some(dialect);
        self
    }

    /// All requests of the story are looked at in the end, by method and target.
    pub(crate) fn looked_at(mut self, look: impl Fn(&[(String, String)]) + 'static) -> Self {
        self.look = Some(Box::new(look));
        self
    }

    /// A run on demand sends its probe, and then these requests, whatever the dialect of cycles.
    pub(crate) fn on_demand(
        mut self,
        kind: ObjectKind,
        name: &'static str,
        members: &'static [&'static str],
        requests: &str,
    ) -> Self {
        self.steps.push(Step::Demand(kind, name, members, golden(requests, requests)));
        self
    }

    /// A connection test sends these requests.
    pub(crate) fn tests_connection(mut self, requests: &str) -> Self {
        self.steps.push(Step::TestConnection(golden(requests, requests)));
        self
    }

    /// Listing the accounts sends these requests.
    pub(crate) fn discovers(mut self, requests: &str) -> Self {
        self.steps.push(Step::Discover(golden(requests, requests)));
        self
    }

    /// Lets it happen.
    pub(crate) async fn holds(self) {
        let flag = if self.job.base.contains('?') { "&aadOptscim062020" } else { "?aadOptscim062020" };
        match self.only {
            Some(dialect) => self.holds_in(dialect, "").await,
            None => {
                self.holds_in(Dialect::Legacy, "").await;
                self.holds_in(Dialect::Compliant, flag).await;
            }
        }
    }

    async fn holds_in(&self, dialect: Dialect, flag: &'static str) {
        let mut stage = Stage::open(self.job.clone(), flag).await;
        let mut all = Vec::new();
        for (number, step) in self.steps.iter().enumerate() {
            let (requests, golden, probed) = match step {
                Step::Do(happens) => {
                    happens(&mut stage);
                    continue;
                }
                Step::Restart(resets) => {
                    stage.restart(resets).await;
                    continue;
                }
                Step::Cycle(golden) => (stage.cycle().await, golden.as_ref(), true),
                Step::Demand(kind, name, members, golden) => {
                    (stage.demand(*kind, name, members).await, Some(golden), true)
                }
                Step::TestConnection(golden) => (stage.test_connection().await, Some(golden), false),
                Step::Discover(golden) => (stage.discover().await, Some(golden), false),
            };
            all.extend(requests.iter().map(|request| {
                let (method, target) = request.line();
                (method.to_owned(), target.to_owned())
            }));
            if let Some(golden) = golden {
                let place = format!("step {} of the story, in {dialect:?}", number + 1);
                let text = match dialect {
                    Dialect::Legacy => &golden.legacy,
                    Dialect::Compliant => &golden.compliant,
                };
                compare(&written(&requests, golden.whole, probed, &place), text, &place);
            }
        }
        if let Some(look) = &self.look {
            look(&all);
        }
    }
}

fn golden(legacy: &str, compliant: &str) -> Golden {
    Golden { legacy: legacy.to_owned(), compliant: compliant.to_owned(), whole: false }
}

/// The requests as expectations have them, without the probe that each cycle begins with.
#[track_caller]
fn written(requests: &[Recorded], whole: bool, probed: bool, place: &str) -> Vec<String> {
    if whole {
        return requests.iter().map(Recorded::written_whole).collect();
    }
    let mut written: Vec<_> = requests.iter().map(Recorded::written).collect();
    if probed {
        assert!(written.first().is_some_and(|first| first.contains("+eq+%22{random}%22")), "{place}: {written:?}");
        written.remove(0);
    }
    written
}
