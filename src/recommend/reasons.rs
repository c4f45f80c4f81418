//! `Recommendation` and its reasons, in numbers and in words.
//!
//! | reason | its number | told by |
//! |---|---|---|
//! | bought | times, time since the last, usual interval | all but G-TopFreq and the Markov chain |
//! | bought again | repurchase rate over the average item's | learned |
//! | goes with | an own item, lift | learned, item-item |
//! | follows | a recent item, lift | Markov chain |
//! | resembles | an own item, cosine of factors | ALS |
//! | similar customers | weighted share of their latest baskets | learned, TIFU-KNN, UP-CF |
//! | season | sales now over average sales | learned |
//! | habits | share of repeats | learned |
//! | popular | baskets, rank | learned, frequencies, fillers |
//!
//! Contributions are in the unit of the score: ln odds for the learned ranker, where ln 2 = 0.69 doubles the odds; purchases for
//! the frequency methods; the method's own for the others. Lifts and ratios are told beside them and are not added.

use std::fmt;

use crate::types::{Expected, Key, Language, Probability};

/// An item, its score, and why.
///
/// Scores order the items of one list; only where the method says so do they compare across customers. The
/// contributions of the reasons add up to the score.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Recommendation {
    /// The item.
    pub item: Key<'static>,
    /// Higher is better.
    pub score: f64,
    /// The chance that the item is in the customer's next basket. Under the default, what was learned says it; under the
    /// other methods it is the share of the customer's baskets that hold the item, shrunk to everybody's by four baskets.
    pub probability: Probability,
    /// Probability times the margin of the item, where the request names [margins](super::Request::margins).
    pub value: Option<Expected>,
    /// Why, with what each reason adds to the score.
    pub reasons: Vec<Reason>,
}

impl Recommendation {
    /// The reasons as one line, weightiest first; reasons that add nothing are left out.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).item("tea"))?;
    /// # builder.push(Transaction::new("ann", Day::ymd(2024, 5, 8)?).item("tea"))?;
    /// # let ledger = builder.build()?;
    /// let model = NextItemParams::new().method(Method::GpTopFreq).fit(ledger.observed(AsOf::ymd(2024, 5, 10)?)?)?;
    /// let first = &model.recommend("ann", 1)?[0];
    /// assert_eq!(
    ///     first.why(Language::English),
    ///     "bought 2 times, last 2 days ago, usually every 7 days; popular: in 2 baskets, rank 1"
    /// );
    /// assert_eq!(first.why(Language::Chinese), "买过2次，最近一次在2天前，通常每7天买一次；热销：出现在2个购物篮中，排名第1");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn why(&self, language: Language) -> String {
        let mut reasons: Vec<&Reason> = self.reasons.iter().filter(|r| r.contribution != 0.0).collect();
        reasons.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
        let words: Vec<String> = reasons.iter().map(|r| r.kind.words(language)).collect();
        words.join(match language {
            Language::English => "; ",
            Language::Chinese => "；",
        })
    }
}

/// One reason and what it adds to the score.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Reason {
    /// What it is.
    pub kind: ReasonKind,
    /// What it adds to (or takes from) the score.
    pub contribution: f64,
}

/// Time since a purchase, in the ledger's own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Ago {
    /// Days of the calendar.
    Days(u64),
    /// Baskets of the customer, for ledgers without dates.
    Baskets(u64),
}

/// What speaks for an item.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ReasonKind {
    /// The customer bought it before.
    Bought {
        /// Baskets of the customer that hold it.
        times: u32,
        /// Since the last of them.
        last: Ago,
        /// Usual time between two of them, where there were at least two.
        interval: Option<Ago>,
    },
    /// It is an item that those who have it buy again, more or less than others.
    BoughtAgain {
        /// Repurchase rate over that of the average item.
        times_the_average: f64,
    },
    /// Those who buy the customer's items buy it too.
    GoesWith {
        /// The customer's item it goes with best, if any.
        item: Option<Key<'static>>,
        /// Customers who bought both, over those expected by chance; 0 without an item.
        lift: f64,
    },
    /// It is bought after an item of the latest baskets.
    Follows {
        /// The recent item it follows most, if any.
        item: Option<Key<'static>>,
        /// How many times as often it is in the basket after that item as in any basket.
        lift: f64,
    },
    /// Those who like the customer's items like it (matrix factors).
    Resembles {
        /// The customer's item that speaks most for it, if any.
        item: Option<Key<'static>>,
        /// Cosine of the factors of the two, −1 to 1.
        cosine: f64,
    },
    /// Customers with similar purchases buy it.
    SimilarCustomers {
        /// Weighted share of their latest baskets that hold it.
        share: f64,
    },
    /// It sells better or worse now than on average.
    Season {
        /// Sales at the time the customer is served over those of the average time.
        ratio: f64,
    },
    /// How the customer shops in general, and the average item: the same for all items bought before, and for all that
    /// are new.
    Habits {
        /// Share of the customer's purchases that repeat earlier ones, smoothed.
        repeat_share: f64,
    },
    /// Everybody buys it.
    Popular {
        /// Baskets of all customers that hold it.
        baskets: u32,
        /// 1 for the most popular item.
        rank: u32,
    },
}

impl ReasonKind {
    /// The reason in words, without what it adds: for a tooltip, a mail, a call centre. Numbers are rounded to what a reader
    /// needs; the exact ones are in the fields.
    ///
    /// ```
    /// use regulars::{recommend::ReasonKind, types::Language};
    /// let reason = ReasonKind::Season { ratio: 2.04 };
    /// assert_eq!(reason.words(Language::English), "sells 2.0 times as well as usual at this time");
    /// assert_eq!(reason.words(Language::Chinese), "当前销量是平时的2.0倍");
    /// ```
    pub fn words(&self, language: Language) -> String {
        match language {
            Language::English => self.english(),
            Language::Chinese => self.chinese(),
        }
    }

    fn english(&self) -> String {
        let plural = |n: u64, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        let every = |n: u64, word: &str| if n == 1 { word.to_owned() } else { format!("{n} {word}s") };
        match self {
            Self::Bought { times, last, interval } => {
                let times = match times {
                    1 => "bought once".to_owned(),
                    n => format!("bought {n} times"),
                };
                let last = match last {
                    Ago::Days(0) => ", last today".to_owned(),
                    Ago::Days(n) => format!(", last {} ago", plural(*n, "day")),
                    Ago::Baskets(0 | 1) => ", in the last basket".to_owned(),
                    Ago::Baskets(n) => format!(", last {n} baskets ago"),
                };
                let interval = match interval {
                    Some(Ago::Days(n)) => format!(", usually every {}", every(*n, "day")),
                    Some(Ago::Baskets(n)) => format!(", usually every {}", every(*n, "basket")),
                    None => String::new(),
                };
                times + &last + &interval
            }
            Self::BoughtAgain { times_the_average } => {
                format!("bought again {times_the_average:.1} times as often as the average item")
            }
            Self::GoesWith { item: Some(item), lift } => {
                format!("goes with {item}, together {lift:.1} times as often as by chance")
            }
            Self::GoesWith { item: None, .. } => "goes with nothing bought so far".to_owned(),
            Self::Follows { item: Some(item), lift } => {
                format!("often bought after {item}, {lift:.1} times as often as otherwise")
            }
            Self::Follows { item: None, .. } => "follows nothing bought lately".to_owned(),
            Self::Resembles { item: Some(item), cosine } => {
                format!("liked by those who like {item} (similarity {cosine:.2})")
            }
            Self::Resembles { item: None, .. } => "resembles nothing bought so far".to_owned(),
            Self::SimilarCustomers { share } => {
                format!("in {:.1}% of the latest baskets of similar customers", share * 100.0)
            }
            Self::Season { ratio } => format!("sells {ratio:.1} times as well as usual at this time"),
            Self::Habits { repeat_share } => {
                format!("the customer's habits: {:.0}% of purchases are repeats", repeat_share * 100.0)
            }
            Self::Popular { baskets, rank } => {
                format!("popular: in {}, rank {rank}", plural((*baskets).into(), "basket"))
            }
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::Bought { times, last, interval } => {
                let last = match last {
                    Ago::Days(0) => "，最近一次在今天".to_owned(),
                    Ago::Days(n) => format!("，最近一次在{n}天前"),
                    Ago::Baskets(0 | 1) => "，上次购物买过".to_owned(),
                    Ago::Baskets(n) => format!("，最近一次在{n}次购物前"),
                };
                let interval = match interval {
                    Some(Ago::Days(n)) => format!("，通常每{n}天买一次"),
                    Some(Ago::Baskets(n)) => format!("，通常每{n}次购物买一次"),
                    None => String::new(),
                };
                format!("买过{times}次{last}{interval}")
            }
            Self::BoughtAgain { times_the_average } => {
                format!("复购率是平均商品的{times_the_average:.1}倍")
            }
            Self::GoesWith { item: Some(item), lift } => format!("常与{item}一起购买，提升度{lift:.1}"),
            Self::GoesWith { item: None, .. } => "与已购商品关联不大".to_owned(),
            Self::Follows { item: Some(item), lift } => {
                format!("常在购买{item}之后购买，可能性是平时的{lift:.1}倍")
            }
            Self::Follows { item: None, .. } => "与最近购买的商品没有先后关系".to_owned(),
            Self::Resembles { item: Some(item), cosine } => {
                format!("喜欢{item}的客户也喜欢它（相似度{cosine:.2}）")
            }
            Self::Resembles { item: None, .. } => "与已购商品不相似".to_owned(),
            Self::SimilarCustomers { share } => {
                format!("相似客户最近的购物篮中有{:.1}%含此商品", share * 100.0)
            }
            Self::Season { ratio } => format!("当前销量是平时的{ratio:.1}倍"),
            Self::Habits { repeat_share } => format!("客户习惯：{:.0}%的购买是复购", repeat_share * 100.0),
            Self::Popular { baskets, rank } => format!("热销：出现在{baskets}个购物篮中，排名第{rank}"),
        }
    }
}

impl fmt::Display for ReasonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(Language::English))
    }
}
