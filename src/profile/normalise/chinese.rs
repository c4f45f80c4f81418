//! Chinese names: titles, compound surnames, traditional characters, pinyin.
//!
//! - Blanks between Han characters go, common traditional characters are simplified: ` 孫　瑩 ` is `孙莹`.
//! - A title behind a surname leaves the surname: `刘总` and `黄先生` are `刘` and `黄`, without a given name.
//! - Two characters in front are the surname where they are one of the compound ones: `欧阳娜`.
//! - A mask stays what it is: `张**` is the surname `张`; `张*伟` is `张` and `*伟`.
//! - Names in Latin letters that read as pinyin come apart by surname, in either order: `Lu Lanying`, `Yan ZHAO`.
//!
//! The key of a name is its reading without tones and blanks, ü as u: homophones, pinyin and characters meet there. Surnames
//! that are read otherwise than the character usually is (单, 曾, 仇, 解 ...) have a table.
//!
//! | written | normal form | family, given | keys |
//! |---|---|---|---|
//! | `孫　瑩` | `孙莹` | 孙, 莹 | `sun`, `ying` |
//! | `Sun Ying`, `Ying SUN` | `sun ying`, `ying sun` | sun, ying | `sun`, `ying` |
//! | `孙女士` | `孙女士` | 孙, none | `sun` |
//! | `孙*` | `孙*` | 孙, none | `sun` |
//! | `欧阳娜` | `欧阳娜` | 欧阳, 娜 | `ouyang`, `na` |
//!
//! Characters say more than readings: two 李伟 agree at the highest level, 李伟 and 李纬, or `Li Wei`, at the level of the key,
//! whose chance is that of the reading (all people read `wei`), not that of the character.
//!
//! What it does not do: tell a Japanese name in Han characters from a Chinese one, or read Cantonese and Wade-Giles spellings.
//!
//! # Where a name is cut
//! Two characters of a compound surname where more than two characters are left (or the whole is one), else one:
//! 欧阳娜 is 欧阳, 娜, and 欧阳 alone is the surname without a given name; 东方 as 东, 方 does not occur. A title of two
//! characters is taken off behind anything, one of one character (总, 工) only behind a surname: 王总 is a title, 王大总
//! may be a name.
//!
//! # What pinyin is taken to be
//! A word of syllables that end in a vowel, n, ng or r; a surname is one of the hundred commonest or a compound
//! one. In `Li Ying` only the first word is a surname and is the family name, in `Ying Li` the last one. Where both
//! are (`Li Wei`), the last is taken, as in Latin order; `score` finds names in each other's place. A comma settles it: in
//! `Lee, Ann Mary` the family name stands in front. Where no word
//! reads as pinyin the last word is the family name, as in most Latin writing.
//!
//! # Complexity
//! O(length): tables are searched by halving (traditional characters) or by substring (surnames, some 500 letters).

use std::borrow::Cow;

use pinyin::ToPinyin;

use super::text::words;
use crate::data::is_han;

/// Common traditional characters of names, each followed by its simplified form.
const TRADITIONAL: &str = "張张陳陈劉刘楊杨黃黄趙赵吳吴孫孙馬马羅罗鄭郑謝谢許许鄧邓馮冯蕭萧蔣蒋葉叶閻阎餘余蘇苏呂吕盧卢賈贾鍾钟譚谭陸陆範范薑姜韓韩龍龙萬万錢钱湯汤賀贺賴赖龔龚嚴严喬乔溫温聶聂魯鲁齊齐莊庄顏颜龐庞顧顾婁娄歐欧陽阳紀纪關关項项華华倫伦傑杰偉伟強强國国軍军勝胜東东紅红麗丽娟娟蘭兰鳳凤雲云靜静潔洁瑩莹婭娅嬌娇嫻娴麗丽雙双夢梦瓊琼環环玲玲榮荣豔艳艷艳寶宝寧宁寶宝書书貴贵順顺興兴發发飛飞鵬鹏慶庆賢贤維维紹绍綱纲緒绪練练繼继繽缤約约純纯納纳細细織织結结給给絲丝綠绿緣缘編编緯纬縱纵總总績绩鋒锋銳锐鋼钢鐵铁錦锦鎮镇鑫鑫銀银銘铭鈞钧鎖锁鑒鉴鏡镜長长門门閃闪開开閔闵間间聞闻闊阔陰阴隊队際际隨随險险雞鸡離离難难電电霧雾靈灵頂顶順顺預预領领頭头題题願愿類类風风養养館馆駿骏騰腾驍骁鮮鲜鴻鸿鵑鹃鶴鹤鷹鹰麥麦黨党齡龄學学實实審审寫写導导專专將将對对島岛嶺岭峽峡峰峰崗岗嵐岚幫帮幣币廣广廠厂庫库廳厅張张彌弥彎弯後后從从復复徹彻愛爱態态慧慧憲宪懷怀應应戰战戲戏揚扬換换擁拥擇择據据擔担攝摄攬揽敵敌數数斌斌時时晉晋曉晓曄晔暢畅會会朧胧業业極极楓枫樂乐樓楼標标樹树橋桥機机歡欢歲岁歷历毅毅氣气漢汉潘潘澤泽濟济濤涛灣湾煒炜煥焕煙烟燁烨燈灯爾尔爭争爺爷牽牵獨独獲获現现瑪玛瑤瑶璣玑瓏珑產产畢毕異异當当療疗發发盛盛監监盤盘眾众碩硕碼码礎础禎祯禮礼穎颖穩稳窮穷競竞筆笔節节範范築筑簡简籃篮糧粮紋纹紗纱羣群義义習习聖圣聲声聰聪職职聯联臺台與与舊旧艦舰藝艺藥药蓮莲蓋盖薦荐藍蓝蘊蕴處处號号虛虚蟬蝉術术衛卫裏里補补裝装製制見见規规視视親亲覺觉覽览觀观訂订計计訊讯記记訪访設设訓训詠咏詩诗詳详話话誠诚誌志認认語语說说誰谁課课誼谊調调談谈請请諒谅論论諾诺謀谋謙谦講讲證证識识譜谱譯译議议護护讓让讚赞豐丰貝贝貞贞負负財财貨货責责貿贸費费資资賓宾賜赐賞赏質质贊赞贈赠躍跃車车軒轩軟软較较輝辉輪轮輯辑轉转辦办農农連连進进遊游運运過过達达違违遠远適适選选遲迟還还邊边鄉乡鄒邹鄔邬醫医釋释閆闫閩闽馨馨驊骅驗验驚惊魚鱼鳥鸟鴿鸽麟麟凱凯劍剑劉刘則则創创動动務务勳勋勵励勁劲區区協协單单卻却厲厉參参員员問问啟启嗎吗嘉嘉嚮向園园圍围圓圆圖图團团執执堅坚報报場场塊块壯壮壽寿夠够夢梦夾夹奮奋奧奥婦妇媽妈嬋婵孌娈寬宽尋寻層层岡冈來来倉仓個个們们傳传債债傷伤傾倾僅仅價价儀仪億亿優优儲储償偿兒儿內内兩两冊册軼轶涼凉潤润淵渊濱滨瀟潇灝灏煉炼熱热燕燕瑋玮琺珐璽玺";

/// The simplified form of a character, where the table knows one.
///
/// Characters before U+3400 are never in the table and are not looked for.
fn simplified(c: char) -> char {
    use std::sync::LazyLock;
    static TABLE: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
        let chars: Vec<char> = TRADITIONAL.chars().collect();
        let mut pairs: Vec<_> = chars.chunks_exact(2).map(|p| (p[0], p[1])).collect();
        pairs.sort_unstable();
        pairs.dedup_by_key(|p| p.0);
        pairs
    });
    if (c as u32) < 0x3400 {
        return c;
    }
    TABLE.binary_search_by_key(&c, |p| p.0).map_or(c, |i| TABLE[i].1)
}

/// Surnames of two characters. Rare ones that are missing are cut after one, on both records alike.
const COMPOUND: [&str; 24] = [
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "长孙",
    "宇文", "司空", "端木", "南宫", "轩辕", "百里", "呼延", "东郭", "西门", "独孤", "闻人",
];

/// What is said behind a surname, or in place of a name. Longest first.
const TITLES: [&str; 18] = [
    "老师", "先生", "女士", "小姐", "太太", "经理", "总监", "主任", "医生", "教授", "师傅", "同学", "同志",
    "老板", "阿姨", "大哥", "总", "工",
];

/// A whole name: Han characters together and simplified, Latin words with single blanks.
///
/// A comma turns a name round: `Lee, Ann Mary` is `ann mary lee`. Behind a comma there may also be a title only (`Ann Lee,
/// PhD`, `Ann Lee, Jr.`): then nothing is turned.
pub(super) fn full_name(value: &str) -> Option<String> {
    let turned = turn_round(value);
    let text = words(turned.as_deref().unwrap_or(value));
    if !text.chars().any(is_han) {
        return super::text::name(&text);
    }
    // Simplified before anything else, so that doing it again finds nothing to do.
    let text: String =
        text.chars().filter(|c| is_han(*c) || *c == '*' || *c == '·').map(simplified).collect();
    (!text.is_empty()).then_some(text)
}

/// The part behind the only comma in front of the other, unless it begins with a title, or more than four words stand before
/// the comma.
fn turn_round(value: &str) -> Option<String> {
    let (family, given) = value.split_once(',')?;
    let (family, given) = (family.trim(), given.trim());
    let first = given.split(' ').next().unwrap_or_default().replace('.', "");
    let suffix = ["jr", "sr", "ii", "iii", "iv", "phd", "md", "esq", "dds", "rn", "mba", "cpa", "dvm"];
    let name = !given.contains(',') && !first.is_empty() && !suffix.contains(&first.to_lowercase().as_str());
    let words = family.split_whitespace().count();
    (name && (1..=4).contains(&words) && !value.contains(is_han)).then(|| format!("{given} {family}"))
}

/// Family name and given name of a whole name in normal form; what is not known is empty.
///
/// `欧阳娜` gives (欧阳, 娜); `刘总` (刘, ""); `张**` (张, ""); `张*伟` (张, *伟); `ann mary lee` (lee, ann mary);
/// `li ying` (li, ying) because `li` is a surname in pinyin.
pub(crate) fn split_name(normal: &str) -> (String, String) {
    if !normal.chars().any(is_han) {
        return split_latin(normal);
    }
    let mut body = normal;
    for title in TITLES {
        if let Some(rest) = body.strip_suffix(title) {
            // 王总 is a title behind a surname, 王大总 may be a name.
            let left = rest.chars().count();
            if left == 0 || title.chars().count() > 1 || left == 1 || COMPOUND.contains(&rest) {
                body = rest;
                break;
            }
        }
    }
    let count = body.chars().count();
    let cut = if count > 2 && COMPOUND.iter().any(|c| body.starts_with(c)) || COMPOUND.contains(&body) {
        2
    } else {
        1
    };
    let end = body.char_indices().nth(cut).map_or(body.len(), |(i, _)| i);
    let (family, given) = body.split_at(end);
    let hidden = |part: &str| part.chars().all(|c| c == '*');
    let family = if hidden(family) { "" } else { family };
    let given = if hidden(given) { "" } else { given };
    (family.to_owned(), given.to_owned())
}

/// Pinyin of the hundred commonest surnames and of the compound ones.
const SURNAMES: &str = " li wang zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo liang song zheng xie han tang feng yu dong xiao cheng cao yuan deng fu shen zeng peng lv su lu jiang cai jia ding wei xue ye yan pan du dai xia zhong wang tian ren fan fang shi yao tan liao zou xiong jin hao kong bai cui kang mao qiu qin gu hou shao meng long wan duan lei qian tang yin li yi chang qiao he lai gong wen ouyang sima zhuge shangguan ";

/// Given names of several syllables are put together where the name reads as pinyin (`wei min` is `weimin`), since
/// the blank is optional.
fn split_latin(normal: &str) -> (String, String) {
    let parts: Vec<&str> = normal.split(' ').collect();
    let [first, .., last] = parts.as_slice() else {
        return (String::new(), normal.to_owned());
    };
    let surname = |w: &str| SURNAMES.contains(&format!(" {w} "));
    if surname(first) && !surname(last) && parts.iter().skip(1).all(|w| is_pinyin(w)) {
        ((*first).to_owned(), parts[1..].concat())
    } else if parts.iter().all(|w| is_pinyin(w)) && surname(last) {
        ((*last).to_owned(), parts[..parts.len() - 1].concat())
    } else {
        ((*last).to_owned(), parts[..parts.len() - 1].join(" "))
    }
}

/// Whether a word could be pinyin: vowels between consonants that end a syllable.
fn is_pinyin(word: &str) -> bool {
    let mut vowels = 0;
    for (i, c) in word.char_indices() {
        match c {
            'a' | 'e' | 'i' | 'o' | 'u' | 'v' => vowels += 1,
            _ if i == 0 => {}
            'n' | 'g' | 'h' | 'r' => {}
            _ => {
                let before = word.as_bytes()[i - 1];
                if !matches!(
                    before,
                    b'a' | b'e' | b'i' | b'o' | b'u' | b'v' | b'n' | b'g' | b'z' | b'c' | b's' | b'r'
                ) {
                    return false;
                }
            }
        }
    }
    vowels > 0
        && !word.ends_with(['h', 'z', 'c', 's', 'l', 't', 'd', 'b', 'p', 'm', 'f', 'k', 'j', 'q', 'x', 'w'])
}

/// How a surname is read where that differs from the character's usual reading.
fn surname_reading(c: char) -> Option<&'static str> {
    Some(match c {
        '单' => "shan",
        '曾' => "zeng",
        '仇' => "qiu",
        '解' => "xie",
        '查' => "zha",
        '朴' => "piao",
        '任' => "ren",
        '盖' => "ge",
        '区' => "ou",
        '尉' => "wei",
        _ => return None,
    })
}

/// The reading of a name in plain pinyin without blanks; Latin text as it is. Homophones and pinyin share it.
pub(crate) fn pinyin_key(normal: &str) -> Cow<'_, str> {
    if normal.is_ascii() {
        let plain = !normal.contains(' ') && !normal.contains("lv") && !normal.contains("nv");
        return if plain {
            Cow::Borrowed(normal)
        } else {
            Cow::Owned(normal.replace("lv", "lu").replace("nv", "nu").replace(' ', ""))
        };
    }
    let mut key = String::with_capacity(normal.len() * 2);
    let alone = normal.chars().count() == 1;
    for c in normal.chars() {
        if let Some(reading) = surname_reading(c).filter(|_| alone) {
            key.push_str(reading);
        } else if let Some(reading) = c.to_pinyin() {
            for letter in reading.plain().chars() {
                key.push(if letter == 'ü' { 'u' } else { letter });
            }
        } else {
            key.push(c);
        }
    }
    Cow::Owned(key)
}
