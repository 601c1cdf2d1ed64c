
/*
 * Copyright (C) nginx-idv authors
 *
 * The page in Arabic, from right to left.
 */


#include "ngx_http_idv_page.h"


const ngx_http_idv_page_lang_t  ngx_http_idv_page_text_ar = {

    ngx_string("ar"), {

    [NGX_HTTP_IDV_TEXT_DIR] =
        ngx_string("rtl"),

    [NGX_HTTP_IDV_TEXT_SKIP] =
        ngx_string("انتقل إلى المحتوى"),

    [NGX_HTTP_IDV_TEXT_SERVICE] =
        ngx_string("التحقق من الهوية"),

    [NGX_HTTP_IDV_TEXT_OFFLINE] =
        ngx_string("انقطع الاتصال. سنواصل المحاولة."),

    [NGX_HTTP_IDV_TEXT_UPDATES] =
        ngx_string("تتابع هذه الصفحة من تلقاء نفسها. أبقها مفتوحة."),

    [NGX_HTTP_IDV_TEXT_CHECK_NOW] =
        ngx_string("تحقق الآن"),

    [NGX_HTTP_IDV_TEXT_CONTINUE] =
        ngx_string("متابعة"),

    [NGX_HTTP_IDV_TEXT_RETRY] =
        ngx_string("حاول مرة أخرى"),

    [NGX_HTTP_IDV_TEXT_CHOOSE_AGAIN] =
        ngx_string("اختر طريقة أخرى"),

    [NGX_HTTP_IDV_TEXT_CANCEL] =
        ngx_string("إلغاء"),

    [NGX_HTTP_IDV_TEXT_START_AGAIN] =
        ngx_string("ابدأ من جديد"),

    [NGX_HTTP_IDV_TEXT_BACK] =
        ngx_string("العودة إلى الصفحة التي طلبتها"),

    [NGX_HTTP_IDV_TEXT_WARNING] =
        ngx_string("لا تتابع إلا إذا كنت قد بدأت هذا بنفسك في {host}. إذا "
                   "أرسلك أحد إلى هنا أو طلب منك مسح رمز، فتوقف الآن."),

    [NGX_HTTP_IDV_TEXT_PROBLEM] =
        ngx_string("هناك مشكلة"),

    [NGX_HTTP_IDV_TEXT_START_TITLE] =
        ngx_string("تحقق من هويتك"),

    [NGX_HTTP_IDV_TEXT_START_TEXT] =
        ngx_string("لا يفتح {host} بعض الصفحات إلا لمن جرى التحقق من "
                   "هويتهم. ستحتاج إلى وثيقة هوية وإلى هاتف أو جهاز مزود "
                   "بكاميرا."),

    [NGX_HTTP_IDV_TEXT_START_BUTTON] =
        ngx_string("ابدأ"),

    [NGX_HTTP_IDV_TEXT_ACTIVE_TITLE] =
        ngx_string("تم التحقق من هويتك"),

    [NGX_HTTP_IDV_TEXT_ACTIVE_TEXT] =
        ngx_string("لا يلزم القيام بأي شيء آخر هنا."),

    [NGX_HTTP_IDV_TEXT_ACTIVE_LOGOUT] =
        ngx_string("أنهِ هذه الجلسة الموثقة"),

    [NGX_HTTP_IDV_TEXT_DEVICE_TITLE] =
        ngx_string("تحقق من هويتك"),

    [NGX_HTTP_IDV_TEXT_DEVICE_TEXT] =
        ngx_string("يطلب منك {host} إظهار وثيقة هوية ووجهك. على أي جهاز "
                   "تريد القيام بذلك؟"),

    [NGX_HTTP_IDV_TEXT_DEVICE_SELF] =
        ngx_string("استخدم هذا الجهاز"),

    [NGX_HTTP_IDV_TEXT_DEVICE_SELF_HINT] =
        ngx_string("يجب أن يكون مزودًا بكاميرا."),

    [NGX_HTTP_IDV_TEXT_DEVICE_OTHER] =
        ngx_string("استخدم جهازًا آخر"),

    [NGX_HTTP_IDV_TEXT_DEVICE_OTHER_HINT] =
        ngx_string("تمسح رمزًا بهاتفك أو تتلقى رابطًا."),

    [NGX_HTTP_IDV_TEXT_OPTIONS_TITLE] =
        ngx_string("كيف تريد فتح التحقق؟"),

    [NGX_HTTP_IDV_TEXT_OPTIONS_TEXT] =
        ngx_string("يجري التحقق على هاتفك. اختر كيف يصل الرابط إليه."),

    [NGX_HTTP_IDV_TEXT_OPTIONS_QR] =
        ngx_string("امسح رمز الاستجابة السريعة"),

    [NGX_HTTP_IDV_TEXT_OPTIONS_EMAIL] =
        ngx_string("بريد إلكتروني إلى {contact}"),

    [NGX_HTTP_IDV_TEXT_OPTIONS_PHONE] =
        ngx_string("رسالة نصية إلى {contact}"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_TITLE] =
        ngx_string("امسح الرمز بهاتفك"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_SCAN] =
        ngx_string("وجّه كاميرا هاتفك نحو رمز الاستجابة السريعة."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_COMPARE] =
        ngx_string("قارن رمز التحقق: يجب أن يُظهر الجهازان الرمز نفسه."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_FOLLOW] =
        ngx_string("اتبع الخطوات على هاتفك."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_QR_ALT] =
        ngx_string("رمز استجابة سريعة يفتح التحقق من الهوية على هاتفك"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_CODE] =
        ngx_string("رمز التحقق"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_VALID] =
        ngx_string("الرمز صالح حتى الساعة {time} بالتوقيت العالمي."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_EMAIL_TITLE] =
        ngx_string("تفقد بريدك الإلكتروني"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_EMAIL] =
        ngx_string("أرسلنا إليك بريدًا إلكترونيًا. افتح الرابط الذي فيه على "
                   "هاتفك."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_PHONE_TITLE] =
        ngx_string("تفقد رسائلك النصية"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_PHONE] =
        ngx_string("أرسلنا إليك رسالة نصية. افتح الرابط الذي فيها على هاتفك."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_SCAN_INSTEAD] =
        ngx_string("لم يصلك شيء؟ امسح هذا الرمز بدلًا من ذلك."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_LINK] =
        ngx_string("لا يمكنك مسح الرمز؟"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_LINK_TEXT] =
        ngx_string("افتح هذا العنوان في نافذة أخرى أو على جهاز آخر، واترك "
                   "هذه الصفحة مفتوحة."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_LINK_OPEN] =
        ngx_string("افتح التحقق في نافذة أخرى"),

    [NGX_HTTP_IDV_TEXT_INITIATED_TITLE] =
        ngx_string("هاتفك متصل"),

    [NGX_HTTP_IDV_TEXT_INITIATED_TEXT] =
        ngx_string("قارن الرمز مرة أخرى واتبع الخطوات على هاتفك."),

    [NGX_HTTP_IDV_TEXT_SELF_TITLE] =
        ngx_string("انتقل إلى التحقق"),

    [NGX_HTTP_IDV_TEXT_SELF_TEXT] =
        ngx_string("يُفتح التحقق على هذا الجهاز ثم يعيدك إلى هنا. يجب أن "
                   "يُظهر هذا الرمز:"),

    [NGX_HTTP_IDV_TEXT_SELF_OPEN] =
        ngx_string("افتح التحقق"),

    [NGX_HTTP_IDV_TEXT_PROGRESS_TITLE] =
        ngx_string("نتحقق من بياناتك"),

    [NGX_HTTP_IDV_TEXT_PROGRESS_TEXT] =
        ngx_string("أكمل الخطوات على الجهاز المزود بالكاميرا. يستغرق التحقق "
                   "نفسه لحظة."),

    [NGX_HTTP_IDV_TEXT_COMPLETED_TITLE] =
        ngx_string("تم التحقق من هويتك"),

    [NGX_HTTP_IDV_TEXT_COMPLETED_TEXT] =
        ngx_string("يمكنك الآن المتابعة إلى {host}."),

    [NGX_HTTP_IDV_TEXT_BYPASS_TITLE] =
        ngx_string("يمكنك المتابعة"),

    [NGX_HTTP_IDV_TEXT_BYPASS_TEXT] =
        ngx_string("لم يجرِ التحقق من هويتك هذه المرة. يسمح لك {host} "
                   "بالمتابعة رغم ذلك، وقد تبقى بعض الصفحات مغلقة."),

    [NGX_HTTP_IDV_TEXT_FAILED_TITLE] =
        ngx_string("لم ينجح التحقق"),

    [NGX_HTTP_IDV_TEXT_FAILED_TEXT] =
        ngx_string("يمكنك المحاولة مرة أخرى."),

    [NGX_HTTP_IDV_TEXT_FAILED_LAST] =
        ngx_string("لم تتبقَّ أي محاولة. يُرجى طلب المساعدة من القائمين على "
                   "{host}."),

    [NGX_HTTP_IDV_TEXT_FAILED_AGAIN] =
        ngx_string("إليك رمزًا جديدًا لمحاولة أخرى."),

    [NGX_HTTP_IDV_TEXT_CAUSE_FAILED] =
        ngx_string("تعذر التحقق من الوثيقة أو الصورة."),

    [NGX_HTTP_IDV_TEXT_CAUSE_MISMATCH] =
        ngx_string("الوثيقة لا تخص الشخص الذي سجل الدخول."),

    [NGX_HTTP_IDV_TEXT_CAUSE_CHECKS] =
        ngx_string("لم تنجح إحدى عمليات التحقق المطلوبة هنا."),

    [NGX_HTTP_IDV_TEXT_CAUSE_STATUS] =
        ngx_string("انتهى التحقق برد لا يُعد نجاحًا."),

    [NGX_HTTP_IDV_TEXT_CAUSE_NOTIFICATION] =
        ngx_string("تعذر إرسال الرسالة. يُرجى مسح الرمز بدلًا من ذلك."),

    [NGX_HTTP_IDV_TEXT_CAUSE_UNAVAILABLE] =
        ngx_string("خدمة التحقق لا تستجيب في الوقت الحالي. يُرجى المحاولة "
                   "مرة أخرى بعد بضع دقائق."),

    [NGX_HTTP_IDV_TEXT_CAUSE_USER] =
        ngx_string("خدمة التحقق لا تعرفك. يُرجى طلب المساعدة من القائمين "
                   "على {host}."),

    [NGX_HTTP_IDV_TEXT_CAUSE_DISABLED] =
        ngx_string("حسابك لدى خدمة التحقق معطل. يُرجى طلب المساعدة من "
                   "القائمين على {host}."),

    [NGX_HTTP_IDV_TEXT_TIMED_OUT_TITLE] =
        ngx_string("انتهى الوقت"),

    [NGX_HTTP_IDV_TEXT_TIMED_OUT_TEXT] =
        ngx_string("لم يكتمل التحقق في الوقت المحدد. لم يُفقد شيء، ويمكنك "
                   "البدء من جديد."),

    [NGX_HTTP_IDV_TEXT_CANCELED_TITLE] =
        ngx_string("لقد ألغيت العملية"),

    [NGX_HTTP_IDV_TEXT_CANCELED_TEXT] =
        ngx_string("لم يجرِ التحقق من هويتك، لذلك لا يمكن لـ {host} فتح "
                   "الصفحة."),

    [NGX_HTTP_IDV_TEXT_EXPIRED_TITLE] =
        ngx_string("انتهت عملية التحقق هذه"),

    [NGX_HTTP_IDV_TEXT_EXPIRED_TEXT] =
        ngx_string("لقد اكتملت أو انتهت صلاحيتها أو بدأت في متصفح آخر."),

    [NGX_HTTP_IDV_TEXT_RETURNED_TITLE] =
        ngx_string("لقد انتهيت على هذا الجهاز"),

    [NGX_HTTP_IDV_TEXT_RETURNED_TEXT] =
        ngx_string("عُد إلى الجهاز أو المتصفح الذي بدأت منه. يمكنك إغلاق "
                   "هذه الصفحة."),

    [NGX_HTTP_IDV_TEXT_LOGOUT_TITLE] =
        ngx_string("هل تريد إنهاء جلستك الموثقة؟"),

    [NGX_HTTP_IDV_TEXT_LOGOUT_TEXT] =
        ngx_string("بعد ذلك سيطلب منك {host} التحقق من هويتك من جديد."),

    [NGX_HTTP_IDV_TEXT_LOGOUT_BUTTON] =
        ngx_string("أنهِ الجلسة"),

    [NGX_HTTP_IDV_TEXT_SIGNED_OUT_TITLE] =
        ngx_string("لا توجد جلسة موثقة"),

    [NGX_HTTP_IDV_TEXT_SIGNED_OUT_TEXT] =
        ngx_string("لقد خرجت من القسم الموثق من {host}."),

    [NGX_HTTP_IDV_TEXT_SUBJECT_TITLE] =
        ngx_string("سجل الدخول أولًا"),

    [NGX_HTTP_IDV_TEXT_SUBJECT_TEXT] =
        ngx_string("لا يعرف {host} من أنت. سجل الدخول ثم عُد."),

    [NGX_HTTP_IDV_TEXT_FORM_TITLE] =
        ngx_string("لم يعد هذا النموذج صالحًا"),

    [NGX_HTTP_IDV_TEXT_FORM_TEXT] =
        ngx_string("فُتح في متصفح آخر أو لم يأتِ من هذه الصفحة. لم يتغير "
                   "شيء."),

    [NGX_HTTP_IDV_TEXT_BUSY_TITLE] =
        ngx_string("يُرجى الانتظار قليلًا"),

    [NGX_HTTP_IDV_TEXT_LIMITED_TEXT] =
        ngx_string("لقد بدأت عمليات تحقق كثيرة. يُرجى المحاولة مرة أخرى "
                   "لاحقًا."),

    [NGX_HTTP_IDV_TEXT_LIMITED_ADDRESS] =
        ngx_string("بدأت عمليات تحقق كثيرة من شبكتك. يُرجى المحاولة مرة "
                   "أخرى لاحقًا."),

    [NGX_HTTP_IDV_TEXT_LIMITED_ALL] =
        ngx_string("بدأت اليوم عمليات تحقق أكثر من المعتاد. يُرجى المحاولة "
                   "مرة أخرى لاحقًا."),

    [NGX_HTTP_IDV_TEXT_LIMITED_LOCKED] =
        ngx_string("لم تنجح عمليات تحقق كثيرة لك. يُرجى المحاولة مرة أخرى "
                   "لاحقًا."),

    [NGX_HTTP_IDV_TEXT_LIMITED_TIME] =
        ngx_string("الوقت المتبقي للانتظار (ساعات:دقائق): {time}"),

    [NGX_HTTP_IDV_TEXT_TOO_MANY_TEXT] =
        ngx_string("هناك عمليات تحقق كثيرة مفتوحة باسمك. أكمل إحداها أو "
                   "ألغها، أو حاول لاحقًا."),

    [NGX_HTTP_IDV_TEXT_FULL_TEXT] =
        ngx_string("لا يوجد متسع لعملية تحقق أخرى في الوقت الحالي. يُرجى "
                   "المحاولة لاحقًا."),

    [NGX_HTTP_IDV_TEXT_ERROR_TITLE] =
        ngx_string("حدث خطأ ما"),

    [NGX_HTTP_IDV_TEXT_ERROR_TEXT] =
        ngx_string("تعذر الرد على الطلب. يُرجى المحاولة مرة أخرى."),

    [NGX_HTTP_IDV_TEXT_NOT_FOUND_TITLE] =
        ngx_string("لا توجد صفحة كهذه"),

    [NGX_HTTP_IDV_TEXT_NOT_FOUND_TEXT] =
        ngx_string("ربما كُتب العنوان خطأ.")

}};
