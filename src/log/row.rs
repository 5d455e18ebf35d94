//! Records as rows of the store. Every text passes a mask on its way, so that no secret of a job is ever stored.

use super::record::Record;
use crate::store::LogRow;

impl Record {
    /// The row that keeps this record. `mask` hides secrets in a text.
    pub fn into_row(self, mask: &dyn Fn(&str) -> String) -> LogRow {
        let json = |value: serde_json::Result<String>| mask(&value.unwrap_or_else(|_| "[]".to_owned()));
        let (error_code, error_category, reason, recommended_action) = match self.error {
            Some(error) => (
                Some(error.code),
                Some(error.category.name().to_owned()),
                Some(mask(&error.reason)),
                error.recommended_action.map(|action| mask(&action)),
            ),
            None => (None, None, None, None),
        };
        LogRow {
            number: 0,
            id: self.id,
            time: self.time,
            job: self.job,
            cycle: self.cycle,
            change: self.change,
            action: self.action.name().to_owned(),
            status: self.status.name().to_owned(),
            duration_ms: u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX),
            source_id: self.source.id,
            source_type: self.source.kind.to_owned(),
            source_name: self.source.name,
            source_display_name: self.source.display_name,
            target_id: self.target_id,
            target_type: self.target_type,
            error_code,
            error_category,
            reason,
            recommended_action,
            steps: json(serde_json::to_string(&self.steps)),
            modified: json(serde_json::to_string(&self.modified)),
        }
    }
}
