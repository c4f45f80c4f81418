//! What reaches JSON: every public result serialises, every model is saved by `persist`, and
//! parameters come back.
//!
//! The lists are checked against the sources: a new public type must be put on one of them.

#![cfg(all(feature = "serde", feature = "csv"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A type by the file and the name of its definition.
type Listed = (&'static str, &'static str);

fn serialises<T: Serialize>() {}

fn is_saved<M: regulars::persist::Model>() {}

macro_rules! list {
    ($name:ident, $check:ident; $($file:literal $type:ident = $path:ty;)*) => {
        fn $name() -> Vec<Listed> {
            $($check::<$path>();)*
            vec![$(($file, stringify!($type))),*]
        }
    };
}

list! { results, serialises;
    "churn/compare.rs" Difference = regulars::churn::Difference;
    "churn/compare.rs" Comparison = regulars::churn::Comparison;
    "churn/effects.rs" Effect = regulars::churn::Effect;
    "churn/effects.rs" EffectPoint = regulars::churn::EffectPoint;
    "churn/effects.rs" Action = regulars::churn::Action;
    "churn/effects.rs" Change = regulars::churn::Change;
    "churn/elastic.rs" PathChoice = regulars::churn::PathChoice;
    "churn/elastic.rs" ElasticNetParams = regulars::churn::ElasticNetParams;
    "churn/elastic.rs" PathPoint = regulars::churn::PathPoint;
    "churn/evaluate.rs" Evaluation = regulars::churn::Evaluation;
    "churn/explain.rs" Value = regulars::churn::Value;
    "churn/explain.rs" Contribution = regulars::churn::Contribution;
    "churn/explain.rs" Explanation = regulars::churn::Explanation;
    "churn/logistic.rs" Coefficient = regulars::churn::Coefficient;
    "churn/logistic.rs" LogisticSummary = regulars::churn::LogisticSummary;
    "churn/model.rs" Cut = regulars::churn::Cut;
    "churn/monitor.rs" MonitorParams = regulars::churn::MonitorParams;
    "churn/monitor.rs" Verdict = regulars::churn::Verdict;
    "churn/monitor.rs" Drift = regulars::churn::Drift;
    "churn/monitor.rs" Estimate = regulars::churn::Estimate;
    "churn/monitor.rs" Outcomes = regulars::churn::Outcomes;
    "churn/monitor.rs" MonitorReport = regulars::churn::MonitorReport;
    "churn/params.rs" Method = regulars::churn::Method;
    "churn/params.rs" Recalibration = regulars::churn::Recalibration;
    "churn/params.rs" Direction = regulars::churn::Direction;
    "churn/params.rs" Leaving = regulars::churn::Leaving;
    "churn/params.rs" ChurnParams = regulars::churn::ChurnParams;
    "churn/profit.rs" Campaign = regulars::churn::Campaign;
    "churn/profit.rs" BestContact = regulars::churn::BestContact;
    "churn/profit.rs" ProfitPoint = regulars::churn::ProfitPoint;
    "churn/profit.rs" Target = regulars::churn::Target;
    "churn/stages.rs" StageParams = regulars::churn::StageParams;
    "churn/statistics.rs" LikelihoodRatio = regulars::churn::LikelihoodRatio;
    "churn/warning.rs" WarningParams = regulars::churn::WarningParams;
    "churn/warning.rs" Signal = regulars::churn::Signal;
    "churn/warning.rs" Warning = regulars::churn::Warning;
    "churn/warning.rs" Warnings = regulars::churn::Warnings;
    "data/behaviour.rs" CustomerBehaviour = regulars::data::CustomerBehaviour;
    "data/behaviour.rs" Behaviour = regulars::data::Behaviour;
    "data/behaviour.rs" Outcome = regulars::data::Outcome;
    "data/csv/encoding.rs" Encoding = regulars::data::csv::Encoding;
    "data/csv/header.rs" Field = regulars::data::csv::Field;
    "data/csv/params.rs" Strictness = regulars::data::csv::Strictness;
    "data/csv/params.rs" DecimalMark = regulars::data::csv::DecimalMark;
    "data/csv/params.rs" CsvFormat = regulars::data::csv::CsvFormat;
    "data/csv/params.rs" CsvParams = regulars::data::csv::CsvParams;
    "data/csv/reader.rs" CsvSource = regulars::data::csv::CsvSource;
    "data/customers.rs" Keys = regulars::data::Keys;
    "data/customers.rs" Customers = regulars::data::Customers;
    "data/features/transform.rs" Missing = regulars::data::Missing;
    "data/features/transform.rs" Constant = regulars::data::Constant;
    "data/features/transform.rs" TransformParams = regulars::data::TransformParams;
    "data/features/transform.rs" Transform = regulars::data::Transform;
    "data/ledger/identity.rs" Identity = regulars::data::Identity;
    "data/ledger/store.rs" Intake = regulars::data::Intake;
    "data/ledger/views.rs" Purchase = regulars::data::Purchase;
    "data/ledger/views.rs" Row = regulars::data::Row;
    "data/per_customer.rs" PerCustomer = regulars::data::PerCustomer<f64>;
    "data/policy.rs" Conflicts = regulars::data::Conflicts;
    "data/policy.rs" Knowledge = regulars::data::Knowledge;
    "data/policy.rs" Occasion = regulars::data::Occasion;
    "data/policy.rs" Refunds = regulars::data::Refunds;
    "data/policy.rs" Anonymous = regulars::data::Anonymous;
    "data/policy.rs" TimeUnit = regulars::data::TimeUnit;
    "data/records/csv.rs" RecordsCsvParams = regulars::data::RecordsCsvParams;
    "data/records/kind.rs" FieldKind = regulars::data::FieldKind;
    "data/records/kind.rs" Field = regulars::data::Field;
    "data/summary/state.rs" Tally = regulars::data::Tally;
    "data/summary/table.rs" Purchases = regulars::data::Purchases;
    "data/summary/table.rs" SummaryParams = regulars::data::SummaryParams;
    "data/tiers/mod.rs" TierRule = regulars::data::TierRule;
    "data/tiers/mod.rs" TierParams = regulars::data::TierParams;
    "data/tiers/mod.rs" Tier = regulars::data::Tier;
    "data/tiers/mod.rs" Tiers = regulars::data::Tiers;
    "data/tiers/pareto.rs" Pareto = regulars::data::Pareto;
    "data/timeline/contracts.rs" ContractRow = regulars::data::ContractRow<'static>;
    "data/timeline/csv.rs" TimelineCsvParams = regulars::data::TimelineCsvParams;
    "data/timeline/events.rs" EventRow = regulars::data::EventRow<'static>;
    "error.rs" ErrorKind = regulars::ErrorKind;
    "error.rs" Place = regulars::Place;
    "error.rs" Error = regulars::Error;
    "ltv/beside.rs" Comparison = regulars::ltv::Comparison;
    "ltv/cohorts.rs" Cohorts = regulars::ltv::Cohorts;
    "ltv/cohorts.rs" CohortBy = regulars::ltv::CohortBy;
    "ltv/cohorts.rs" CohortParams = regulars::ltv::CohortParams;
    "ltv/cohorts.rs" Cohort = regulars::ltv::Cohort;
    "ltv/contract.rs" Renewals = regulars::ltv::Renewals;
    "ltv/contract.rs" Outlook = regulars::ltv::Outlook;
    "ltv/covariates.rs" Effects = regulars::ltv::Effects;
    "ltv/covariates.rs" CovariateParams = regulars::ltv::CovariateParams;
    "ltv/covariates.rs" Effect = regulars::ltv::Effect;
    "ltv/discount.rs" Discount = regulars::ltv::Discount;
    "ltv/drift.rs" Drift = regulars::ltv::Drift;
    "ltv/history.rs" RecencyFrequency = regulars::ltv::RecencyFrequency;
    "ltv/infer.rs" LikelihoodRatio = regulars::ltv::LikelihoodRatio;
    "ltv/infer.rs" CustomerInterval = regulars::ltv::CustomerInterval;
    "ltv/model.rs" LifetimeValue = regulars::ltv::LifetimeValue;
    "ltv/params.rs" Model = regulars::ltv::Model;
    "ltv/params.rs" Prior = regulars::ltv::Prior;
    "ltv/params.rs" LtvParams = regulars::ltv::LtvParams;
    "ltv/process.rs" PurchaseProcess = regulars::ltv::PurchaseProcess;
    "ltv/spend.rs" GammaGamma = regulars::ltv::GammaGamma;
    "ltv/spend_covariates.rs" SpendCovariateParams = regulars::ltv::SpendCovariateParams;
    "ltv/summary.rs" FitStatus = regulars::ltv::FitStatus;
    "ltv/summary.rs" Estimate = regulars::ltv::Estimate;
    "ltv/summary.rs" FitSummary = regulars::ltv::FitSummary;
    "ltv/summary.rs" Candidate = regulars::ltv::Candidate;
    "ltv/total.rs" TotalValue = regulars::ltv::TotalValue;
    "ltv/tracking.rs" Tracking = regulars::ltv::Tracking;
    "ltv/validate.rs" Measured = regulars::ltv::Measured;
    "ltv/validate.rs" Errors = regulars::ltv::Errors;
    "ltv/validate.rs" Class = regulars::ltv::Class;
    "ltv/validate.rs" Evaluation = regulars::ltv::Evaluation;
    "ltv/varying.rs" VaryingParams = regulars::ltv::VaryingParams;
    "metrics/classification.rs" Gain = regulars::metrics::Gain;
    "metrics/classification.rs" ReliabilityBin = regulars::metrics::ReliabilityBin;
    "metrics/classification.rs" BrierDecomposition = regulars::metrics::BrierDecomposition;
    "metrics/matching.rs" PairScores = regulars::metrics::PairScores;
    "metrics/matching.rs" BCubed = regulars::metrics::BCubed;
    "metrics/ranking.rs" Ideal = regulars::metrics::ranking::Ideal;
    "metrics/ranking.rs" ListQuality = regulars::metrics::ranking::ListQuality;
    "metrics/ranking.rs" RankingQuality = regulars::metrics::ranking::RankingQuality;
    "metrics/ranking.rs" PairedDifference = regulars::metrics::ranking::PairedDifference;
    "pipeline/backtest.rs" Backtest = regulars::pipeline::Backtest;
    "pipeline/model.rs" Stage = regulars::pipeline::Stage;
    "pipeline/model.rs" LeftOut = regulars::pipeline::LeftOut;
    "pipeline/params.rs" PipelineParams = regulars::pipeline::PipelineParams;
    "pipeline/table.rs" CustomerTable = regulars::pipeline::CustomerTable;
    "pipeline/table.rs" CustomerRow = regulars::pipeline::CustomerRow<'static>;
    "profile/explain.rs" Agreement = regulars::profile::Agreement;
    "profile/explain.rs" Evidence = regulars::profile::Evidence;
    "profile/explain.rs" Explanation = regulars::profile::Explanation;
    "profile/golden.rs" Survivorship = regulars::profile::Survivorship;
    "profile/golden.rs" GoldenRecord = regulars::profile::GoldenRecord<'static>;
    "profile/index/log.rs" Action = regulars::profile::Action;
    "profile/index/log.rs" AuditEvent = regulars::profile::AuditEvent;
    "profile/index/mod.rs" Change = regulars::profile::Change;
    "profile/index/mod.rs" Candidate = regulars::profile::Candidate;
    "profile/model.rs" MatchSummary = regulars::profile::MatchSummary;
    "profile/normalise/mod.rs" Normaliser = regulars::profile::Normaliser;
    "profile/normalise/mod.rs" Tags = regulars::profile::Tags;
    "profile/params.rs" Method = regulars::profile::Method;
    "profile/params.rs" Sources = regulars::profile::Sources;
    "profile/params.rs" MatchParams = regulars::profile::MatchParams;
    "profile/privacy.rs" Consent = regulars::profile::Consent;
    "profile/profiles.rs" ProfileId = regulars::profile::ProfileId;
    "profile/profiles.rs" Profiles = regulars::profile::Profiles;
    "profile/quality.rs" FieldQuality = regulars::profile::FieldQuality;
    "profile/review.rs" ReviewPair = regulars::profile::ReviewPair;
    "profile/review.rs" BlockingReport = regulars::profile::BlockingReport;
    "profile/supervised.rs" LabelSummary = regulars::profile::LabelSummary;
    "recommend/evaluate.rs" Evaluation = regulars::recommend::Evaluation;
    "recommend/methods/als.rs" AlsParams = regulars::recommend::AlsParams;
    "recommend/methods/itemitem.rs" Similarity = regulars::recommend::Similarity;
    "recommend/methods/itemitem.rs" ItemItemParams = regulars::recommend::ItemItemParams;
    "recommend/methods/markov.rs" MarkovChainParams = regulars::recommend::MarkovChainParams;
    "recommend/methods/tifu.rs" TifuKnnParams = regulars::recommend::TifuKnnParams;
    "recommend/methods/upcf.rs" UpCfParams = regulars::recommend::UpCfParams;
    "recommend/model.rs" NextItemSummary = regulars::recommend::NextItemSummary;
    "recommend/params.rs" Method = regulars::recommend::Method;
    "recommend/params.rs" NextItemParams = regulars::recommend::NextItemParams;
    "recommend/ranker/mod.rs" RankerFit = regulars::recommend::RankerFit;
    "recommend/reasons.rs" Recommendation = regulars::recommend::Recommendation;
    "recommend/reasons.rs" Reason = regulars::recommend::Reason;
    "recommend/reasons.rs" Ago = regulars::recommend::Ago;
    "recommend/reasons.rs" ReasonKind = regulars::recommend::ReasonKind;
    "recommend/request.rs" AlreadyBought = regulars::recommend::AlreadyBought;
    "recommend/request.rs" Request = regulars::recommend::Request;
    "recommend/rules/mine.rs" RuleParams = regulars::recommend::RuleParams;
    "recommend/rules/rule.rs" Rule = regulars::recommend::Rule<'static>;
    "recommend/rules/sequence.rs" SequenceRuleParams = regulars::recommend::SequenceRuleParams;
    "recommend/rules/sequence.rs" SequenceRule = regulars::recommend::SequenceRule;
    "recommend/when/date.rs" NextDate = regulars::recommend::NextDate;
    "recommend/when/date.rs" Standing = regulars::recommend::Standing;
    "recommend/when/evaluate.rs" TimingQuality = regulars::recommend::TimingQuality;
    "recommend/when/model.rs" NextPurchaseSummary = regulars::recommend::NextPurchaseSummary;
    "recommend/when/params.rs" Subject = regulars::recommend::Subject;
    "recommend/when/params.rs" Timing = regulars::recommend::Timing;
    "recommend/when/params.rs" NextPurchaseParams = regulars::recommend::NextPurchaseParams;
    "rfm/model.rs" Axis = regulars::rfm::Axis;
    "rfm/params.rs" Bins = regulars::rfm::Bins;
    "rfm/params.rs" Method = regulars::rfm::Method;
    "rfm/params.rs" RfmParams = regulars::rfm::RfmParams;
    "rfm/score.rs" Rfm = regulars::rfm::Rfm;
    "rfm/score.rs" Code = regulars::rfm::Code;
    "rfm/segments.rs" Segment = regulars::rfm::Segment;
    "rfm/segments.rs" SegmentIx = regulars::rfm::SegmentIx;
    "rfm/segments.rs" SegmentRule = regulars::rfm::SegmentRule;
    "segment/choose.rs" KScore = regulars::segment::KScore;
    "segment/choose.rs" Structure = regulars::segment::Structure;
    "segment/choose.rs" Choice = regulars::segment::Choice;
    "segment/drift.rs" Advice = regulars::segment::Advice;
    "segment/drift.rs" Drift = regulars::segment::Drift;
    "segment/drift.rs" SegmentDrift = regulars::segment::SegmentDrift;
    "segment/drift.rs" ColumnDrift = regulars::segment::ColumnDrift;
    "segment/follow.rs" Migration = regulars::segment::Migration;
    "segment/follow.rs" Change = regulars::segment::Change;
    "segment/members.rs" Member = regulars::segment::Member;
    "segment/members.rs" Members = regulars::segment::Members;
    "segment/mixture/model.rs" MixtureSummary = regulars::segment::MixtureSummary;
    "segment/mixture/model.rs" MixtureScore = regulars::segment::MixtureScore;
    "segment/mixture/params.rs" MixtureParams = regulars::segment::MixtureParams;
    "segment/model.rs" Segment = regulars::segment::Segment;
    "segment/model.rs" SegmentSummary = regulars::segment::SegmentSummary;
    "segment/model.rs" Placement = regulars::segment::Placement;
    "segment/names.rs" SegmentKind = regulars::segment::SegmentKind;
    "segment/names.rs" SegmentName = regulars::segment::SegmentName;
    "segment/params.rs" Init = regulars::segment::Init;
    "segment/params.rs" Algorithm = regulars::segment::Algorithm;
    "segment/params.rs" KMeansParams = regulars::segment::KMeansParams;
    "segment/profile.rs" SegmentProfile = regulars::segment::SegmentProfile;
    "segment/profile.rs" Trait = regulars::segment::Trait;
    "simulate/blobs.rs" BlobsParams = regulars::simulate::BlobsParams;
    "simulate/params.rs" Dropout = regulars::simulate::Dropout;
    "simulate/params.rs" Script = regulars::simulate::Script;
    "simulate/params.rs" ShopParams = regulars::simulate::ShopParams;
    "simulate/shop.rs" OrderRow = regulars::simulate::OrderRow;
    "simulate/tables.rs" Effects = regulars::simulate::Effects;
    "simulate/tables.rs" ChurnTableParams = regulars::simulate::ChurnTableParams;
    "simulate/truth.rs" Person = regulars::simulate::Person;
    "types/date.rs" DateOrder = regulars::types::DateOrder;
    "types/day.rs" Day = regulars::types::Day;
    "types/day.rs" Weekday = regulars::types::Weekday;
    "types/day.rs" AsOf = regulars::types::AsOf;
    "types/day.rs" Horizon = regulars::types::Horizon;
    "types/key.rs" Key = regulars::types::Key<'static>;
    "types/key.rs" CustomerIx = regulars::types::CustomerIx;
    "types/key.rs" ItemIx = regulars::types::ItemIx;
    "types/language.rs" Language = regulars::types::Language;
    "types/money.rs" Amount = regulars::types::Amount;
    "types/money.rs" Expected = regulars::types::Expected;
    "types/currency.rs" Currency = regulars::types::Currency;
    "types/number.rs" Probability = regulars::types::Probability;
    "types/number.rs" Seed = regulars::types::Seed;
    "types/quantity.rs" Quantity = regulars::types::Quantity;
    "types/moment.rs" Moment = regulars::types::Moment;
    "types/provenance.rs" Provenance = regulars::types::Provenance;
    "types/provenance.rs" TimeAxis = regulars::data::TimeAxis;
    "data/timeline/store.rs" TimelineIntake = regulars::data::TimelineIntake;
}

list! { models, is_saved;
    "churn/elastic.rs" ElasticNetModel = regulars::churn::ElasticNetModel;
    "churn/logistic.rs" LogisticModel = regulars::churn::LogisticModel;
    "churn/model.rs" ChurnModel = regulars::churn::ChurnModel;
    "churn/monitor.rs" Monitor = regulars::churn::Monitor;
    "churn/stages.rs" StageModel = regulars::churn::StageModel;
    "churn/table.rs" TableModel = regulars::churn::TableModel;
    "data/summary/state.rs" Summary = regulars::data::Summary;
    "ltv/bootstrap.rs" Bootstrap = regulars::ltv::Bootstrap;
    "ltv/cohorts.rs" CohortModel = regulars::ltv::CohortModel;
    "ltv/contract.rs" ShiftedBetaGeometric = regulars::ltv::ShiftedBetaGeometric;
    "ltv/covariates.rs" CovariateModel = regulars::ltv::CovariateModel;
    "ltv/histogram.rs" Histogram = regulars::ltv::Histogram;
    "ltv/model.rs" LtvModel = regulars::ltv::LtvModel;
    "ltv/spend_covariates.rs" SpendCovariateModel = regulars::ltv::SpendCovariateModel;
    "ltv/varying.rs" VaryingModel = regulars::ltv::VaryingModel;
    "pipeline/model.rs" Pipeline = regulars::pipeline::Pipeline;
    "profile/index/mod.rs" IndexSnapshot = regulars::profile::IndexSnapshot;
    "profile/model.rs" MatchModel = regulars::profile::MatchModel;
    "recommend/model.rs" NextItemModel = regulars::recommend::NextItemModel;
    "recommend/rules/rule.rs" Rules = regulars::recommend::Rules;
    "recommend/rules/sequence.rs" SequenceRules = regulars::recommend::SequenceRules;
    "recommend/when/model.rs" NextPurchaseModel = regulars::recommend::NextPurchaseModel;
    "rfm/model.rs" RfmModel = regulars::rfm::RfmModel;
    "rfm/segments.rs" SegmentMap = regulars::rfm::SegmentMap;
    "segment/mixture/model.rs" MixtureModel = regulars::segment::MixtureModel;
    "segment/model.rs" SegmentModel = regulars::segment::SegmentModel;
}

/// Data that the caller hands in, views of it, builders, secrets, and what holds functions: nothing
/// to be sent as JSON.
const OTHERS: &[Listed] = &[
    ("churn/logistic.rs", "LogisticParams"),
    ("churn/past.rs", "Known"),
    ("churn/past.rs", "Past"),
    ("churn/statistics.rs", "Covariance"),
    ("data/csv/table.rs", "RawTable"),
    ("data/csv/table.rs", "TextColumn"),
    ("data/features/builder.rs", "FeaturesBuilder"),
    ("data/features/matrix.rs", "Matrix"),
    ("data/features/table.rs", "Features"),
    ("data/features/table.rs", "Column"),
    ("data/features/table.rs", "Numeric"),
    ("data/features/table.rs", "Categorical"),
    ("data/ledger/columns.rs", "KeyColumn"),
    ("data/ledger/columns.rs", "DayColumn"),
    ("data/ledger/columns.rs", "AmountColumn"),
    ("data/ledger/columns.rs", "Columns"),
    ("data/ledger/rows.rs", "LedgerBuilder"),
    ("data/ledger/store.rs", "Ledger"),
    ("data/ledger/transaction.rs", "Transaction"),
    ("data/ledger/views.rs", "Observed"),
    ("data/ledger/views.rs", "Holdout"),
    ("data/ledger/views.rs", "Split"),
    ("data/ledger/views.rs", "History"),
    ("data/purchases.rs", "PurchaseHistory"),
    ("data/records/columns.rs", "RecordColumns"),
    ("data/records/csv.rs", "RecordsCsv"),
    ("data/records/rows.rs", "Record"),
    ("data/records/rows.rs", "RecordsBuilder"),
    ("data/records/store.rs", "Records"),
    ("data/timeline/contracts.rs", "Contract"),
    ("data/timeline/contracts.rs", "Contracts"),
    ("data/timeline/contracts.rs", "ContractsBuilder"),
    ("data/timeline/contracts.rs", "ObservedContracts"),
    ("data/timeline/contracts.rs", "ContractColumns"),
    ("data/timeline/contracts.rs", "ContractHistory"),
    ("data/timeline/events.rs", "EventColumns"),
    ("data/timeline/events.rs", "Event"),
    ("data/timeline/events.rs", "Events"),
    ("data/timeline/events.rs", "EventsBuilder"),
    ("data/timeline/events.rs", "ObservedEvents"),
    ("data/timeline/events.rs", "EventHistory"),
    ("ltv/calendar.rs", "CalendarCovariates"),
    ("ltv/model.rs", "FitInput"),
    ("ltv/model.rs", "PredictInput"),
    ("persist/mod.rs", "Limits"),
    ("profile/explain.rs", "Explainer"),
    ("profile/golden.rs", "GoldenParams"),
    ("profile/index/mod.rs", "IndexParams"),
    ("profile/index/mod.rs", "ProfileIndex"),
    ("profile/labels.rs", "Labels"),
    ("profile/links.rs", "Links"),
    ("profile/privacy.rs", "Pseudonyms"),
    ("recommend/baskets.rs", "Baskets"),
    ("recommend/baskets.rs", "BasketSource"),
    ("recommend/rules/orders.rs", "Orders"),
    ("recommend/update.rs", "Basket"),
    ("rfm/input.rs", "RfmInput"),
    ("segment/input.rs", "SegmentInput"),
    ("simulate/blobs.rs", "Blobs"),
    ("simulate/records/mod.rs", "RecordTable"),
    ("simulate/shop.rs", "Shop"),
    ("simulate/shop.rs", "OrderRows"),
    ("simulate/tables.rs", "ChurnTable"),
    ("simulate/truth.rs", "Truth"),
];

/// Every `pub struct` and `pub enum` of the sources, by file and name; wire forms and test modules
/// excepted.
fn defined() -> BTreeSet<(String, String)> {
    fn walk(dir: &Path, root: &Path, into: &mut BTreeSet<(String, String)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            let private = name.starts_with("kernel") || name.contains("tests") || name.contains("wire");
            if path.is_dir() {
                walk(&path, root, into);
            } else if !private && name != "persist/blocks.rs" {
                for line in fs::read_to_string(&path).unwrap().lines() {
                    let item = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "));
                    if let Some(item) = item {
                        let end = item.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(item.len());
                        into.insert((name.clone(), item[..end].to_owned()));
                    }
                }
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    walk(&root, &root, &mut found);
    found
}

#[test]
fn every_public_type_is_on_a_list() {
    let lists = [results(), models(), OTHERS.to_vec()].concat();
    let listed: BTreeSet<(String, String)> =
        lists.iter().map(|(file, name)| ((*file).to_owned(), (*name).to_owned())).collect();
    assert_eq!(listed.len(), lists.len(), "a type stands on two lists");
    let defined = defined();
    let missing: Vec<_> = defined.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&defined).collect();
    assert!(missing.is_empty(), "put on a list of this test: {missing:?}");
    assert!(gone.is_empty(), "no longer defined: {gone:?}");
}

/// Writes the parameters and reads them back; an unknown field is refused, and what `short` leaves
/// out has its default.
fn round_trip<P: Serialize + DeserializeOwned + Debug>(params: &P, short: &str, default: &P) {
    let json = serde_json::to_value(params).unwrap();
    let back: P = serde_json::from_value(json.clone()).unwrap_or_else(|e| panic!("{json}: {e}"));
    assert_eq!(serde_json::to_value(&back).unwrap(), json);
    assert_eq!(format!("{back:?}"), format!("{params:?}"));
    let mut misspelt = json;
    misspelt["no_such_setting"] = 1.into();
    let error = serde_json::from_value::<P>(misspelt).unwrap_err().to_string();
    assert!(error.contains("no_such_setting"), "{error}");
    let back: P = serde_json::from_str(short).unwrap_or_else(|e| panic!("{short}: {e}"));
    assert_eq!(serde_json::to_value(&back).unwrap(), serde_json::to_value(default).unwrap(), "{short}");
    assert_eq!(format!("{back:?}"), format!("{default:?}"));
}

#[test]
fn parameters_come_back() {
    use regulars::churn::{
        self, Campaign, ChurnParams, Direction, ElasticNetParams, MonitorParams, StageParams, WarningParams,
    };
    use regulars::data::csv::{CsvFormat, CsvParams, DecimalMark, Encoding, Field as Column};
    use regulars::data::{
        FieldKind, Missing, Occasion, RecordsCsvParams, Refunds, SummaryParams, TierParams,
        TimelineCsvParams, TransformParams,
    };
    use regulars::ltv::{
        CohortParams, CovariateParams, LtvParams, Model, Prior, SpendCovariateParams, VaryingParams,
    };
    use regulars::pipeline::PipelineParams;
    use regulars::profile::MatchParams;
    use regulars::recommend::{
        self, AlreadyBought, ItemItemParams, NextItemParams, NextPurchaseParams, Request, RuleParams,
        SequenceRuleParams,
    };
    use regulars::rfm::{self, Bins, RfmParams};
    use regulars::segment::{Algorithm, KMeansParams, MixtureParams};
    use regulars::simulate::{BlobsParams, ChurnTableParams, Dropout, ShopParams};
    use regulars::types::{Amount, AsOf, Currency, DateOrder, Expected, Horizon, Probability, Seed};

    let rfm = RfmParams::new().bins(4).frequency(Bins::Cuts(vec![1.0, 2.5]));
    round_trip(&rfm.method(rfm::Method::default()).occasion(Occasion::Order), "{}", &RfmParams::new());
    let transform = TransformParams::new().log1p().clip(0.01, 0.99).standardise().missing(Missing::Median);
    round_trip(&transform, "{}", &TransformParams::new());
    let kmeans = KMeansParams::auto(2..=8).seed(Seed(7)).transform(transform);
    round_trip(&kmeans.algorithm(Algorithm::MiniBatch { rows: 500 }), r#"{"k":4}"#, &KMeansParams::new(4));
    round_trip(&MixtureParams::auto(2..=5).seed(Seed(1)), r#"{"start":{"k":3}}"#, &MixtureParams::new(3));
    let churn =
        ChurnParams::new().method(churn::Method::Plain).ridge(0.5).monotone("recency", Direction::Rising);
    round_trip(&churn, "{}", &ChurnParams::new());
    round_trip(&ElasticNetParams::new(0.5).folds(3), r#"{"alpha":1.0}"#, &ElasticNetParams::new(1.0));
    round_trip(&MonitorParams::new().bins(5), "{}", &MonitorParams::new());
    round_trip(&StageParams::new().ridge(2.0), "{}", &StageParams::new());
    round_trip(&WarningParams::new().window(30).complaint("complaint"), "{}", &WarningParams::new());
    let money = |units| Expected::minor(units).unwrap();
    let campaign = Campaign::new(money(5_000.0), money(500.0), money(10.0));
    let short = r#"{"value":5000.0,"incentive":500.0,"contact":10.0}"#;
    round_trip(&campaign.success(2.0, 3.0), short, &campaign);
    let ltv = LtvParams::auto().prior(Prior::LogNormal(2.0));
    round_trip(&ltv, r#"{"models":["mbg_nbd"]}"#, &LtvParams::new(Model::MbgNbd));
    round_trip(&CohortParams::new(Model::BgNbd), r#"{"model":"bg_nbd"}"#, &CohortParams::new(Model::BgNbd));
    let covariates = CovariateParams::new(Model::ParetoNbd);
    round_trip(&covariates, r#"{"model":"pareto_nbd"}"#, &covariates);
    round_trip(&SpendCovariateParams::new().l2(0.5), "{}", &SpendCovariateParams::new());
    round_trip(&VaryingParams::new().l2(0.5), "{}", &VaryingParams::new());
    let items = NextItemParams::new().method(recommend::Method::ItemItem(ItemItemParams::default()));
    round_trip(&items.categories([("tea", "drinks"), ("7", "9")]), "{}", &NextItemParams::new());
    round_trip(&NextPurchaseParams::new(), "{}", &NextPurchaseParams::new());
    let request = Request::new(5).deny(["cup"]).margins([("tea", Amount::minor(5))]);
    round_trip(&request.bought(AlreadyBought::Excluded), r#"{"how_many":9}"#, &Request::new(9));
    round_trip(&RuleParams::new(0.1).max_items(3), r#"{"min_support":0.01}"#, &RuleParams::new(0.01));
    let within = Horizon::days(60).unwrap();
    round_trip(
        &SequenceRuleParams::new(within).min_lift(2.0),
        r#"{"within":"60d"}"#,
        &SequenceRuleParams::new(within),
    );
    let matching = MatchParams::new().threshold(Probability::new(0.9).unwrap());
    round_trip(&matching, "{}", &MatchParams::new());
    let tiers = TierParams::new().names(["A", "B", "C"]).hysteresis(0.1);
    round_trip(&tiers, "{}", &TierParams::new());
    let pipeline = PipelineParams::new().churn(churn).tiers(tiers).next_items(3);
    round_trip(&pipeline, "{}", &PipelineParams::new());
    let only_churn = r#"{"churn":{"method":"Plain","ridge":0.5,"monotone":[["recency","Rising"]]}}"#;
    let expected =
        ChurnParams::new().method(churn::Method::Plain).ridge(0.5).monotone("recency", Direction::Rising);
    round_trip(&pipeline, only_churn, &PipelineParams::new().churn(expected));
    let as_of = AsOf::ymd(2024, 5, 1).unwrap();
    round_trip(
        &SummaryParams::new(as_of, Currency::JPY).refunds(Refunds::default()).occasion(Occasion::Order),
        r#"{"as_of":"2024-05-01","currency":"eur"}"#,
        &SummaryParams::new(as_of, Currency::EUR),
    );
    let format = CsvFormat::new().encoding("gb18030".parse::<Encoding>().unwrap()).delimiter(b';');
    round_trip(&format, "{}", &CsvFormat::new());
    let csv = CsvParams::new(Currency::CNY).column(Column::Customer, "who").decimal_mark(DecimalMark::Comma);
    round_trip(
        &csv.date_order(DateOrder::DayFirst),
        r#"{"currency":{"code":"POINTS","decimals":0}}"#,
        &CsvParams::new(Currency::custom("POINTS", 0).unwrap()),
    );
    round_trip(&RecordsCsvParams::new().kind("mail", FieldKind::Email), "{}", &RecordsCsvParams::new());
    round_trip(&TimelineCsvParams::new().column("customer", "who"), "{}", &TimelineCsvParams::new());
    let blobs = BlobsParams::new(100, 3, Seed(1));
    round_trip(&blobs.clone().dims(4), r#"{"rows":100,"clusters":3,"seed":1}"#, &blobs);
    let shop = ShopParams::new(100, Seed(3));
    let changed = shop.clone().days(90).dropout(Dropout::AfterRepeat { a: 1.0, b: 2.5 });
    round_trip(&changed, r#"{"customers":100,"seed":3}"#, &shop);
    let table = ChurnTableParams::new(100, Seed(3));
    round_trip(&table.clone().noise(4), r#"{"customers":100,"seed":3}"#, &table);
}

#[test]
fn results_name_customers_by_key() {
    use regulars::data::{Ledger, Transaction};
    use regulars::rfm::RfmParams;
    use regulars::types::{Amount, AsOf, Currency, Day};

    let day = |day| Day::ymd(2024, 5, day).unwrap();
    let mut builder = Ledger::builder(Currency::EUR);
    builder.extend([("ann", 1), ("7", 2), ("ann", 20)].map(|(customer, of_may)| {
        Transaction::new(customer, day(of_may)).amount(Amount::minor(1_250)).item("tea")
    }));
    let ledger = builder.build().unwrap();
    let now = ledger.observed(AsOf::new(day(31))).unwrap();
    let scores = RfmParams::new().fit(now).unwrap().score(now).unwrap();
    let json = serde_json::to_value(&scores).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 2);
    assert_eq!((&json[0]["customer"], &json[1]["customer"]), (&7.into(), &"ann".into()));
    assert_eq!((&json[1]["value"]["recency"], &json[1]["value"]["monetary"]), (&11.into(), &2_500.into()));
    let behaviour = serde_json::to_value(&*now.behaviour().unwrap()).unwrap();
    assert_eq!((&behaviour["as_of"], &behaviour["currency"]), (&"2024-05-31".into(), &"EUR".into()));
    assert_eq!(behaviour["customers"][1]["value"]["last_day"], "2024-05-20");
    assert_eq!(serde_json::to_value(ledger.intake()).unwrap()["rows_kept"], 3);
}
