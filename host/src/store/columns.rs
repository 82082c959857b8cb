//! How identifiers, times and names of things stand in columns.

use jiff::Timestamp;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Type};

use crate::domain::{CompanyId, Origin, ProviderName, Reference, Role, UserId};

/// A time, in Unix milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct At(pub(super) Timestamp);

impl<DB: Database> Type<DB> for At
where
    i64: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        i64::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        i64::compatible(ty)
    }
}

impl<'q, DB: Database> Encode<'q, DB> for At
where
    i64: Encode<'q, DB>,
{
    fn encode_by_ref(&self, buf: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.0.as_millisecond().encode(buf)
    }
}

impl<'r, DB: Database> Decode<'r, DB> for At
where
    i64: Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(Timestamp::from_millisecond(i64::decode(value)?)?))
    }
}

macro_rules! text_column {
    ($name:ty, $parse:expr) => {
        impl<DB: Database> Type<DB> for $name
        where
            String: Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                String::type_info()
            }

            fn compatible(ty: &DB::TypeInfo) -> bool {
                String::compatible(ty)
            }
        }

        impl<'q, DB: Database> Encode<'q, DB> for $name
        where
            String: Encode<'q, DB>,
        {
            fn encode_by_ref(&self, buf: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                self.as_str().to_owned().encode(buf)
            }
        }

        impl<'r, DB: Database> Decode<'r, DB> for $name
        where
            String: Decode<'r, DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
                let text = String::decode(value)?;
                let parse: fn(&str) -> Result<Self, BoxDynError> = $parse;
                parse(&text)
            }
        }
    };
}

text_column!(CompanyId, |text| Ok(text.parse()?));
text_column!(ProviderName, |text| Ok(text.parse()?));
text_column!(Reference, |text| Ok(text.parse()?));
text_column!(UserId, |text| Ok(text.parse()?));
text_column!(Origin, |text| Self::parse(text)
    .ok_or_else(|| format!("`{text}` is no origin").into()));
text_column!(Role, |text| Self::parse(text)
    .ok_or_else(|| format!("`{text}` is no role").into()));
