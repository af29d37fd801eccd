//! A rule as it is written, field by field, each with its place in the text.
//!
//! No field has a meaning here. An unknown one is refused.

use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

use super::super::rule::{NoData, Part, Severity};

/// A text of rules.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) rule: Vec<Raw>,
}

/// Two stretches of a burn rate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPair {
    pub(super) long: Spanned<String>,
    pub(super) short: Spanned<String>,
    pub(super) factor: Spanned<f64>,
}

macro_rules! raw {
    ($($(#[$attribute:meta])* $field:ident: $type:ty,)+) => {
        /// A rule.
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct Raw {
            pub(super) name: Spanned<String>,
            $($(#[$attribute])* pub(super) $field: Option<Spanned<$type>>,)+
        }

        impl Raw {
            /// This one's fields, and those of the other that it lacks: their place is that of this one's name.
            pub(super) fn over(self, base: &Self) -> Self {
                let at = self.name.span();
                Self {
                    $($field: self.$field.or_else(|| {
                        base.$field.as_ref().map(|field| Spanned::new(at.clone(), field.get_ref().clone()))
                    }),)+
                    name: self.name,
                }
            }
        }
    };
}

raw! {
    about: String,
    enabled: bool,
    kind: String,
    metric: String,
    agg: String,
    window: String,
    windows: Vec<String>,
    fire: String,
    clear: String,
    count_min: u64,
    objective: String,
    pairs: Vec<RawPair>,
    #[serde(rename = "for")]
    hold: String,
    keep_firing: String,
    m_of_n: [usize; 2],
    no_data: NoData,
    flap_changes: usize,
    flap_within: String,
    severity: Severity,
    needs: Part,
    labels: BTreeMap<String, String>,
    runbook: String,
    note: String,
    inhibited_by: Vec<String>,
    mute_after_deploy: String,
}

impl Raw {
    pub(super) fn is_enabled(&self) -> bool {
        self.enabled.as_ref().is_none_or(|field| *field.get_ref())
    }
}
