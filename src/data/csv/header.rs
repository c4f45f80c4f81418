//! Which column is which: fields, their usual names, and how a header is read.
//!
//! Names are those of public data sets, shop systems and marketplaces, English and Chinese. Each list is ordered, the
//! most telling name first: a file with `customer_id` and `customer_name` identifies customers by id.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use crate::data::TimeAxis;
use crate::error::{Error, ErrorKind, Place, Result};

/// What a column of an order file means.
///
/// ```
/// use regulars::data::csv::Field;
///
/// assert_eq!("price".parse::<Field>()?, Field::Price);
/// assert_eq!(Field::Customer.to_string(), "customer");
/// assert_eq!(Field::ALL.len(), 11);
/// assert!("postage".parse::<Field>().is_err());
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Customer and date are needed. A field takes one column at most; two columns with one usual name are an error that
/// asks which one is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Field {
    /// Who bought. Needed.
    Customer,
    /// The day, perhaps with the time of day; or a basket number. Needed.
    Date,
    /// The time of day, where it has a column of its own.
    Time,
    /// Money paid for the row. Wins over a price.
    Amount,
    /// Pieces; up to three decimals are kept.
    Quantity,
    /// Money per piece: the amount is quantity times price where there is no amount column.
    Price,
    /// The order, invoice, receipt or basket.
    Order,
    /// What was bought.
    Item,
    /// The currency, to be checked: an empty cell passes, another currency is always an error.
    Currency,
    /// The row's own id: see [`Transaction::id`](crate::data::Transaction::id). Has no usual name, as a wrong one
    /// would take rows for versions of each other: say which column it is.
    Id,
    /// The day on which the row became known; an empty cell is the row's own day. See
    /// [`Transaction::known`](crate::data::Transaction::known).
    Known,
}

impl Field {
    /// All fields.
    pub const ALL: [Self; 11] = [
        Self::Customer,
        Self::Date,
        Self::Time,
        Self::Amount,
        Self::Quantity,
        Self::Price,
        Self::Order,
        Self::Item,
        Self::Currency,
        Self::Id,
        Self::Known,
    ];

    /// The name by which a caller refers to it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Date => "date",
            Self::Time => "time",
            Self::Amount => "amount",
            Self::Quantity => "quantity",
            Self::Price => "price",
            Self::Order => "order",
            Self::Item => "item",
            Self::Currency => "currency",
            Self::Id => "id",
            Self::Known => "known",
        }
    }

    /// Usual column names, normalised as [`normalise`] does, the most telling first.
    fn usual_names(self) -> &'static str {
        match self {
            Self::Customer => CUSTOMER,
            Self::Date => DATE,
            Self::Time => "timeofday time saletime transtime 时刻",
            Self::Amount => AMOUNT,
            Self::Quantity => QUANTITY,
            Self::Price => PRICE,
            Self::Order => ORDER,
            Self::Item => ITEM,
            Self::Currency => "currency currencycode ccy 币种 货币 货币代码",
            Self::Id => "",
            Self::Known => "known knownat knownon bookedat recordedat 入账日期 登记日期 入账时间",
        }
    }
}

/// Who bought: numbers before accounts before names and addresses, since two customers may share a name.
pub(crate) const CUSTOMER: &str = "customerid customer customernumber customerno customerkey customercode custid custno cust \
    clientid client clientno memberid member memberno membernumber membershipid householdkey householdid userid user \
    userno visitorid shopperid buyerid buyer accountid account accountno accountnumber contactid loyaltycard \
    loyaltycardno loyaltycardid cardno cardid cardnumber subscriberid \
    客户编号 客户id 客户号 客户编码 客户代码 会员编号 会员号 会员id 会员卡号 用户编号 用户id 用户号 顾客编号 顾客id 买家id 买家编号 账号 账户 \
    客户 会员 用户 顾客 买家 买家会员名 买家昵称 会员名 用户名 卡号 手机号 手机号码 手机 联系手机 电话号码 联系电话 电话 \
    customeremail email customername 邮箱 客户名称 客户姓名";

/// When: the order's date before its payment's.
pub(crate) const DATE: &str = "date orderdate invoicedate transactiondate purchasedate saledate salesdate orderdatetime \
    invoicedatetime datetime ordertime ordertimestamp orderpurchasetimestamp transactiontime purchasetime orderedat \
    purchasedat transdate txndate txdate txntime eventdate eventtime createdat orderts timestamp paidat paymentdate \
    paymenttime billdate receiptdate salestime day \
    下单时间 下单日期 订单日期 订单时间 订单创建时间 订单下单时间 购买日期 购买时间 消费日期 消费时间 交易日期 交易时间 销售日期 销售时间 成交日期 成交时间 \
    付款时间 付款日期 支付时间 支付日期 订单付款时间 开票日期 创建时间 创建日期 日期 日期时间 时间";

/// Names of a column that numbers a customer's baskets.
const ORDINAL: &str = "basketno basketnumber basketindex basketseq visitno visitnumber visitindex \
    orderindex orderseq sequence seq sequenceno seqno 购物篮序号 第几次 序次 次序";

/// Money of the whole row: what was paid before what was asked.
const AMOUNT: &str = "amount revenue salesvalue netamount amountpaid paidamount netsales netvalue netrevenue linetotal \
    lineamount linevalue extendedprice extendedamount totalamount amounttotal transactionamount transactionvalue \
    orderamount ordertotal ordervalue purchaseamount purchasevalue paymentamount paymentvalue salesamount saleamount \
    totalsales grossamount grosssales grossrevenue totalprice totalvalue totalpaid total subtotal sales turnover spend \
    spending spent monetaryvalue monetary value payment paid \
    实付金额 实付款 实付 实收金额 实收款 实收 买家实付金额 买家实际支付金额 实际支付金额 支付金额 付款金额 成交金额 成交额 交易金额 消费金额 订单金额 \
    订单总金额 销售金额 销售额 应付金额 应收金额 总金额 总额 总价 金额 合计 小计";

/// Pieces of the row.
const QUANTITY: &str = "quantity qty units unitssold pieces itemquantity orderquantity orderqty purchasequantity \
    purchasedquantity quantitysold salesquantity salesqty numberofitems numitems itemcount count volume \
    数量 购买数量 商品数量 销售数量 成交数量 订购数量 购买件数 商品件数 宝贝数量 件数 销量 个数";

/// Money of one piece.
const PRICE: &str = "unitprice priceperunit priceeach itemprice sellingprice saleprice salesprice netprice productprice \
    price listprice unitcost \
    单价 商品单价 成交单价 销售单价 实际单价 产品单价 售价 销售价 商品价格 价格 标价";

/// The basket a row belongs to.
const ORDER: &str = "orderid order ordernumber orderno ordercode invoiceid invoiceno invoicenumber invoice basketid \
    basketno basketnumber basket transactionid transactionno transactionnumber transaction transid txnid receiptid \
    receiptno receiptnumber receipt billid billno billnumber bill ticketid ticketno ticket cartid saleid salesid \
    salesorder visitid \
    订单号 订单编号 订单id 订单号码 主订单编号 交易号 交易编号 交易单号 交易流水号 流水号 单据号 单据编号 单号 销售单号 小票号 小票编号 发票号 \
    发票号码 购物篮号 购物篮编号 订单";

/// What was bought: codes before names.
const ITEM: &str = "itemid stockcode productid product itemcode itemnumber itemno sku skuid skucode skuno item \
    productcode productno productnumber productkey productsku articleid articleno articlecode articlenumber article \
    materialid materialcode goodsid goodscode upc ean gtin barcode asin isbn productname itemname \
    商品编码 商品编号 商品id 商品代码 商品号 产品编码 产品编号 产品id 产品代码 货号 款号 物料编码 物料编号 sku编码 sku编号 商品sku 条形码 商品条码 条码 \
    宝贝id 商家编码 商品名称 产品名称 宝贝标题 品名 商品 产品 货品";

/// Reads the name that [`Field::name`] gives, in any case.
impl FromStr for Field {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|f| f.name().eq_ignore_ascii_case(text.trim())).ok_or_else(|| {
            let rule =
                "must name one of customer, date, time, amount, quantity, price, order, item, currency";
            Error::param("columns", rule, text)
        })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A column name without what people vary: NFKC (full-width forms), case, everything that is neither letter nor digit,
/// and a unit in brackets at the end, as in `金额（元）`.
///
/// | header | becomes |
/// |---|---|
/// | `Customer ID`, `customer_id`, `ＣＵＳＴＯＭＥＲ＿ＩＤ` | `customerid` |
/// | `单价（元）`, `单价` | `单价` |
/// | `Net Amount [EUR]` | `netamount` |
/// | `(none)` | `none` |
pub(crate) fn normalise(name: &str) -> String {
    let folded: String = name.nfkc().flat_map(char::to_lowercase).collect();
    let folded = folded.trim();
    let bare = match folded.rfind(['(', '[']) {
        Some(start) if start > 0 && folded.ends_with([')', ']']) => &folded[..start],
        _ => folded,
    };
    bare.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Column number of each field, in the order of [`Field::ALL`], and what the date column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// By field; no column stands twice.
    columns: [Option<usize>; Field::ALL.len()],
    /// Calendar days, or basket numbers where only those were found.
    pub(crate) axis: TimeAxis,
}

impl Layout {
    /// The column of a field, where the file has one.
    pub(crate) fn get(&self, field: Field) -> Option<usize> {
        self.columns[field as usize]
    }

    /// The fields that the caller mapped or excluded come first; each remaining field takes the free column with its
    /// most telling name.
    ///
    /// Fields are served in a fixed order, customer and date first, so that which of two fields gets a column does not depend
    /// on the order of the columns. A usual name that stands twice among the free columns is an error: nothing says which is
    /// meant.
    pub(crate) fn recognise(
        header: &[String],
        stated: &[(Field, Option<String>)],
        axis: Option<TimeAxis>,
    ) -> Result<Self> {
        let names: Vec<String> = header.iter().map(|h| normalise(h)).collect();
        let mut columns = [None; Field::ALL.len()];
        let mut is_settled = [false; Field::ALL.len()];
        for (field, name) in stated {
            is_settled[*field as usize] = true;
            columns[*field as usize] =
                name.as_ref().map(|name| find(header, &names, *field, name)).transpose()?;
        }
        let take = |columns: &mut [Option<usize>], field: Field, usual: &str| -> Result<()> {
            if is_settled[field as usize] || columns[field as usize].is_some() {
                return Ok(());
            }
            let free = |i: &usize| !columns.contains(&Some(*i));
            for name in usual.split_ascii_whitespace() {
                let mut hits = (0..names.len()).filter(free).filter(|i| names[*i] == name);
                if let Some(hit) = hits.next() {
                    if hits.next().is_some() {
                        let rule = format!("two columns could be the {field}; say which one is");
                        return Err(Error::new(
                            ErrorKind::InvalidInput,
                            Place::Column(header[hit].clone().into()),
                            rule,
                        ));
                    }
                    columns[field as usize] = Some(hit);
                    return Ok(());
                }
            }
            Ok(())
        };
        if axis != Some(TimeAxis::Ordinal) {
            take(&mut columns, Field::Date, Field::Date.usual_names())?;
        }
        let mut counts = axis.unwrap_or_default();
        if columns[Field::Date as usize].is_none() && axis != Some(TimeAxis::Calendar) {
            take(&mut columns, Field::Date, ORDINAL)?;
            if columns[Field::Date as usize].is_some() {
                counts = TimeAxis::Ordinal;
            } else {
                take(&mut columns, Field::Date, Field::Date.usual_names())?;
            }
        }
        for field in Field::ALL {
            // A time of day makes sense beside a calendar day only.
            if field != Field::Date && (field != Field::Time || counts == TimeAxis::Calendar) {
                take(&mut columns, field, field.usual_names())?;
            }
        }
        let layout = Self { columns, axis: counts };
        for (field, why) in [(Field::Customer, "the customer"), (Field::Date, "the date or basket number")] {
            if layout.get(field).is_none() {
                return Err(Error::new(
                    ErrorKind::InvalidInput,
                    Place::Column(field.name().into()),
                    format!(
                        "none of the {} columns has a usual name of {why}; say which one is",
                        header.len()
                    ),
                ));
            }
        }
        Ok(layout)
    }
}

/// The column of that name: letter by letter if there is one, otherwise as [`normalise`] reads it.
fn find(header: &[String], names: &[String], field: Field, name: &str) -> Result<usize> {
    let wanted = normalise(name);
    header
        .iter()
        .position(|h| h.trim() == name.trim())
        .or_else(|| names.iter().position(|n| !wanted.is_empty() && *n == wanted))
        .ok_or_else(|| Error::param("columns", &format!("{field} must be a column of the file"), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a header of these names is taken for.
    fn layout(header: &str) -> Result<Layout> {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        Layout::recognise(&header, &[], None)
    }

    /// Fields found, with their columns.
    fn columns(header: &str) -> Vec<(Field, usize)> {
        let layout = layout(header).unwrap();
        Field::ALL.into_iter().filter_map(|f| Some((f, layout.get(f)?))).collect()
    }

    /// Headers of public data sets, shop systems and a Chinese marketplace.
    #[test]
    fn usual_headers_are_understood() {
        use Field::{Amount, Customer, Date, Item, Order, Price, Quantity, Time};
        for (header, expected) in [
            (
                "invoice,stock_code,description,quantity,invoice_date,unit_price,customer_id,country",
                vec![(Customer, 6), (Date, 4), (Quantity, 3), (Price, 5), (Order, 0), (Item, 1)],
            ),
            (
                "Invoice No,StockCode,Description,Quantity,InvoiceDate,UnitPrice,Customer ID,Country",
                vec![(Customer, 6), (Date, 4), (Quantity, 3), (Price, 5), (Order, 0), (Item, 1)],
            ),
            ("customer_id,date,quantity,amount", vec![(Customer, 0), (Date, 1), (Amount, 3), (Quantity, 2)]),
            ("customer_id,order_date,revenue", vec![(Customer, 0), (Date, 1), (Amount, 2)]),
            ("customer_id,basket_no,product_id", vec![(Customer, 0), (Date, 1), (Item, 2)]),
            (
                "household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE",
                vec![(Customer, 0), (Date, 2), (Amount, 5), (Quantity, 4), (Order, 1), (Item, 3)],
            ),
            (
                "会员号,下单时间,订单号,商品编码,数量,单价（元）,实付金额(元)",
                vec![(Customer, 0), (Date, 1), (Amount, 6), (Quantity, 4), (Price, 5), (Order, 2), (Item, 3)],
            ),
            ("手机号,日期,金额", vec![(Customer, 0), (Date, 1), (Amount, 2)]),
            ("ＣＵＳＴＯＭＥＲ＿ＩＤ,date,time", vec![(Customer, 0), (Date, 1), (Time, 2)]),
        ] {
            assert_eq!(columns(header), expected, "{header}");
        }
        assert_eq!(layout("customer_id,basket_no,product_id").unwrap().axis, TimeAxis::Ordinal);
        let both = layout("customer_id,basket_no,product_id,date").unwrap();
        assert_eq!((both.axis, both.get(Date), both.get(Order)), (TimeAxis::Calendar, Some(3), Some(1)));
    }

    /// Neither customer nor date may be missing; two dates must be told apart by the caller.
    #[test]
    fn what_is_missing_or_twofold_is_an_error() {
        assert!(layout("date,amount").unwrap_err().to_string().contains("customer"));
        assert!(layout("customer,amount").unwrap_err().to_string().contains("date"));
        assert!(layout("customer,date,Date,amount").is_err());
        assert!(layout("").is_err());
    }

    /// Stated columns win, excluded ones are not used, and a stated name must exist.
    #[test]
    fn the_caller_has_the_last_word() {
        let header: Vec<String> = ["user_id", "guest", "date", "when", "price"].map(str::to_owned).to_vec();
        let stated = [
            (Field::Customer, Some("guest".to_owned())),
            (Field::Date, Some("When".to_owned())),
            (Field::Price, None),
        ];
        let layout = Layout::recognise(&header, &stated, None).unwrap();
        assert_eq!(layout.get(Field::Customer), Some(1));
        assert_eq!(layout.get(Field::Date), Some(3));
        assert_eq!(layout.get(Field::Price), None);
        let error = Layout::recognise(&header, &[(Field::Item, Some("sku".to_owned()))], None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidParam);
    }

    /// Every list is normalised and free of repetitions.
    #[test]
    fn no_name_stands_for_two_fields_by_accident() {
        for field in Field::ALL {
            let mut names: Vec<&str> = field.usual_names().split_ascii_whitespace().collect();
            let n = names.len();
            for name in &names {
                assert_eq!(normalise(name), **name, "names are stored normalised");
            }
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), n, "{field} lists a name twice");
        }
    }
}
