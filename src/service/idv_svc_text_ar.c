
/*
 * Copyright (C) nginx-idv authors
 *
 * The capture page in Arabic, from right to left.
 */


#include "idv_svc_text.h"


const idv_svc_lang_t  idv_svc_text_ar = {

    ngx_string("ar"), {

    [IDV_SVC_T_DIR] =
        ngx_string("rtl"),

    [IDV_SVC_T_SITE] =
        ngx_string("الموقع الذي بدأت منه"),

    [IDV_SVC_T_ASKS] =
        ngx_string("{1} يطلب ذلك. لديك وقت حتى {2} بالتوقيت العالمي."),

    [IDV_SVC_T_CONTINUE] =
        ngx_string("متابعة"),

    [IDV_SVC_T_STEP_BEGIN] =
        ngx_string("البداية"),

    [IDV_SVC_T_STEP_EMAIL] =
        ngx_string("البريد الإلكتروني"),

    [IDV_SVC_T_STEP_PHONE] =
        ngx_string("الهاتف"),

    [IDV_SVC_T_STEP_DOCUMENT] =
        ngx_string("الوثيقة"),

    [IDV_SVC_T_STEP_SELFIE] =
        ngx_string("الصورة"),

    [IDV_SVC_T_STEP_REVIEW] =
        ngx_string("المراجعة"),

    [IDV_SVC_T_STEP_RESULT] =
        ngx_string("النتيجة"),

    [IDV_SVC_T_BEGIN_TITLE] =
        ngx_string("أكّد هويتك"),

    [IDV_SVC_T_BEGIN_ASKS] =
        ngx_string("{1} يطلب منك تأكيد هويتك."),

    [IDV_SVC_T_BEGIN_NEED] =
        ngx_string("ستحتاج إلى:"),

    [IDV_SVC_T_NEED_EMAIL] =
        ngx_string("الوصول إلى بريدك الإلكتروني"),

    [IDV_SVC_T_NEED_PHONE] =
        ngx_string("هاتفك لاستقبال رسالة نصية"),

    [IDV_SVC_T_NEED_DOCUMENT] =
        ngx_string("جواز سفر أو رخصة قيادة أو بطاقة هوية أو تصريح إقامة"),

    [IDV_SVC_T_NEED_SELFIE] =
        ngx_string("صورة لوجهك أو كاميرا لالتقاطها"),

    [IDV_SVC_T_NEED_OPTIONAL] =
        ngx_string("{1} (اختياري)"),

    [IDV_SVC_T_BEGIN_CODE] =
        ngx_string("لا تتابع إلا إذا كنت قد بدأت هذا بنفسك وعُرض عليك الرمز "
                   "نفسه:"),

    [IDV_SVC_T_BEGIN_TIME] =
        ngx_string("بدأ في {1}، صالح حتى {2} بالتوقيت العالمي."),

    [IDV_SVC_T_BEGIN_WARNING] =
        ngx_string("إذا أرسلك أحد إلى هنا أو اتصل بك أو طلب منك مسح رمز، "
                   "فتوقف الآن: فهو من سيحصل على الدخول."),

    [IDV_SVC_T_TEST_MODE] =
        ngx_string("هذه الخدمة في وضع الاختبار: فهي تصدّق ما تكتبه وتقبل أي "
                   "صورة على أنها وجهك."),

    [IDV_SVC_T_CONSENT] =
        ngx_string("سيُبلَّغ {1} بالنتيجة وبما ورد في وثائقك. يُحذف ما "
                   "تُدخله بعد {2} دقيقة من القرار. إذا لم تكن موافقًا "
                   "فأغلق هذه الصفحة: لم يُحفظ أي شيء."),

    [IDV_SVC_T_BEGIN] =
        ngx_string("أوافق وأبدأ"),

    [IDV_SVC_T_KIND_TITLE] =
        ngx_string("اختر وثيقة"),

    [IDV_SVC_T_KIND_TEXT] =
        ngx_string("أي وثيقة لديك الآن؟"),

    [IDV_SVC_T_KIND_MISSING] =
        ngx_string("يرجى اختيار واحدة."),

    [IDV_SVC_T_KIND_PASSPORT] =
        ngx_string("جواز السفر"),

    [IDV_SVC_T_KIND_LICENCE] =
        ngx_string("رخصة القيادة"),

    [IDV_SVC_T_KIND_ID_CARD] =
        ngx_string("بطاقة الهوية"),

    [IDV_SVC_T_KIND_PERMIT] =
        ngx_string("تصريح الإقامة"),

    [IDV_SVC_T_KIND_PASSPORT_CARD] =
        ngx_string("بطاقة جواز السفر"),

    [IDV_SVC_T_KIND_OTHER] =
        ngx_string("استخدام وثيقة أخرى"),

    [IDV_SVC_T_FRONT_TITLE] =
        ngx_string("{1}: الوجه الأمامي"),

    [IDV_SVC_T_BACK_TITLE] =
        ngx_string("{1}: الوجه الخلفي"),

    [IDV_SVC_T_PAPER_TIP] =
        ngx_string("ضعها على سطح بلون واحد في ضوء جيد. يجب أن تظهر كاملة في "
                   "الصورة، واضحة وبلا انعكاس."),

    [IDV_SVC_T_PHOTO_CAMERA] =
        ngx_string("استخدم الكاميرا"),

    [IDV_SVC_T_PHOTO_FILE] =
        ngx_string("أو اختر صورة"),

    [IDV_SVC_T_PHOTO_TYPES] =
        ngx_string("(JPEG أو PNG)"),

    [IDV_SVC_T_PHOTO_MISSING] =
        ngx_string("يرجى التقاط صورة أو اختيارها."),

    [IDV_SVC_T_PHOTO_LARGE] =
        ngx_string("هذه الصورة كبيرة جدًا. يرجى اختيار صورة أصغر."),

    [IDV_SVC_T_PHOTO_WITHOUT] =
        ngx_string("المتابعة بدون صورة"),

    [IDV_SVC_T_DETAILS_TITLE] =
        ngx_string("ما هو مكتوب فيها"),

    [IDV_SVC_T_DETAILS_TEXT] =
        ngx_string("لا تُقرأ الصور هنا. اكتب أو الصق السطور المقروءة آليًا، "
                   "وإن لم توجد فما هو مطبوع على الوثيقة."),

    [IDV_SVC_T_ZONE] =
        ngx_string("السطور المقروءة آليًا"),

    [IDV_SVC_T_ZONE_HINT] =
        ngx_string("السطور التي فيها &lt;&lt;&lt;، أو نص الرمز الشريطي على "
                   "الرخصة. تُفحص فورًا."),

    [IDV_SVC_T_FIELDS] =
        ngx_string("المطبوع على الوثيقة"),

    [IDV_SVC_T_FIELDS_HINT] =
        ngx_string("ما تتركه فارغًا يؤخذ من السطور."),

    [IDV_SVC_T_FIELD_NUMBER] =
        ngx_string("رقم الوثيقة"),

    [IDV_SVC_T_FIELD_FIRST] =
        ngx_string("الاسم الأول"),

    [IDV_SVC_T_FIELD_LAST] =
        ngx_string("اسم العائلة"),

    [IDV_SVC_T_FIELD_BIRTH] =
        ngx_string("تاريخ الميلاد"),

    [IDV_SVC_T_FIELD_EXPIRY] =
        ngx_string("صالحة حتى"),

    [IDV_SVC_T_FIELD_COUNTRY] =
        ngx_string("بلد الإصدار"),

    [IDV_SVC_T_PROBLEM] =
        ngx_string("هناك مشكلة"),

    [IDV_SVC_T_PROBLEM_ZONE] =
        ngx_string("هذه ليست السطور المقروءة آليًا لوثيقة. يرجى التأكد من "
                   "وجودها كلها."),

    [IDV_SVC_T_PROBLEM_FIELDS] =
        ngx_string("يرجى التحقق من الحقول المعلَّمة."),

    [IDV_SVC_T_PROBLEM_MISSING] =
        ngx_string("يرجى ملء الحقول المعلَّمة أو السطور المقروءة آليًا."),

    [IDV_SVC_T_ERROR_EMPTY] =
        ngx_string("يرجى ملء هذا الحقل."),

    [IDV_SVC_T_ERROR_TEXT] =
        ngx_string("يجب أن يكون هذا نصًا لا يزيد على 100 بايت."),

    [IDV_SVC_T_ERROR_DATE] =
        ngx_string("يجب أن يكون هذا تاريخًا: YYYY-MM-DD."),

    [IDV_SVC_T_SELFIE_TITLE] =
        ngx_string("صورة لك"),

    [IDV_SVC_T_SELFIE_TIP] =
        ngx_string("انظر مباشرة إلى الكاميرا في ضوء جيد ودون أي شيء أمام "
                   "وجهك."),

    [IDV_SVC_T_SKIP] =
        ngx_string("المتابعة بدونها"),

    [IDV_SVC_T_AGAIN] =
        ngx_string("يرجى المحاولة مرة أخرى. هذه المحاولة {1} من {2}."),

    [IDV_SVC_T_REVIEW_TITLE] =
        ngx_string("راجع ما قدّمته"),

    [IDV_SVC_T_REVIEW_TEXT] =
        ngx_string("غيّر ما ليس صحيحًا. بعد الإرسال لا يمكن تغييره."),

    [IDV_SVC_T_REVIEW_KIND] =
        ngx_string("الوثيقة"),

    [IDV_SVC_T_REVIEW_DETAILS] =
        ngx_string("ما هو مكتوب فيها"),

    [IDV_SVC_T_REVIEW_FRONT] =
        ngx_string("صورة الوجه الأمامي"),

    [IDV_SVC_T_REVIEW_BACK] =
        ngx_string("صورة الوجه الخلفي"),

    [IDV_SVC_T_REVIEW_SELFIE] =
        ngx_string("صورة لك"),

    [IDV_SVC_T_REVIEW_GIVEN] =
        ngx_string("موجودة"),

    [IDV_SVC_T_REVIEW_NONE] =
        ngx_string("لا توجد"),

    [IDV_SVC_T_REVIEW_SKIPPED] =
        ngx_string("متروكة"),

    [IDV_SVC_T_REVIEW_ELSEWHERE] =
        ngx_string("مقدَّمة بطريقة أخرى"),

    [IDV_SVC_T_CHANGE] =
        ngx_string("تغيير"),

    [IDV_SVC_T_SUBMIT] =
        ngx_string("إرسال"),

    [IDV_SVC_T_WAIT_TITLE] =
        ngx_string("شكرًا لك"),

    [IDV_SVC_T_WAIT_TEXT] =
        ngx_string("لدينا كل شيء ونحن نتحقق منه."),

    [IDV_SVC_T_WAIT_PERSON] =
        ngx_string("سينظر فيه شخص، وقد يستغرق ذلك بعض الوقت."),

    [IDV_SVC_T_WAIT_PAGE] =
        ngx_string("تعرض هذه الصفحة النتيجة فور صدورها."),

    [IDV_SVC_T_GOOD_TITLE] =
        ngx_string("تم تأكيد هويتك"),

    [IDV_SVC_T_GOOD_TEXT] =
        ngx_string("يمكنك إغلاق هذه الصفحة والمتابعة من حيث بدأت."),

    [IDV_SVC_T_BAD_TITLE] =
        ngx_string("لم يتم التأكيد"),

    [IDV_SVC_T_BAD_TEXT] =
        ngx_string("تعذّر تأكيد هويتك. {1}"),

    [IDV_SVC_T_BAD_AGAIN] =
        ngx_string("عُد إلى حيث بدأت للمحاولة مرة أخرى."),

    [IDV_SVC_T_NONE_TITLE] =
        ngx_string("هذا الرابط لا يعمل"),

    [IDV_SVC_T_NONE_TEXT] =
        ngx_string("قد يكون ناقصًا أو انتهت صلاحيته. عُد إلى حيث حصلت عليه "
                   "وابدأ من جديد."),

    [IDV_SVC_T_FULL_TITLE] =
        ngx_string("يرجى المحاولة لاحقًا"),

    [IDV_SVC_T_FULL_TEXT] =
        ngx_string("لا يوجد متسع حاليًا لما أرسلته. لم يُحفظ منه شيء."),

    [IDV_SVC_T_LARGE_TITLE] =
        ngx_string("هذا كبير جدًا"),

    [IDV_SVC_T_LARGE_TEXT] =
        ngx_string("عُد واختر صورة أصغر."),

    [IDV_SVC_T_BROKEN_TITLE] =
        ngx_string("لم يصل ذلك"),

    [IDV_SVC_T_BROKEN_TEXT] =
        ngx_string("عُد وأرسله مرة أخرى."),

    [IDV_SVC_T_EMAIL_TITLE] =
        ngx_string("عنوان بريدك الإلكتروني"),

    [IDV_SVC_T_PHONE_TITLE] =
        ngx_string("رقم هاتفك"),

    [IDV_SVC_T_OTP_TIP] =
        ngx_string("يُرسل إليه رمز لتكتبه هنا."),

    [IDV_SVC_T_OTP_EMAIL] =
        ngx_string("عنوان البريد الإلكتروني"),

    [IDV_SVC_T_OTP_PHONE] =
        ngx_string("رقم الهاتف مع علامة + ورمز البلد"),

    [IDV_SVC_T_OTP_TO] =
        ngx_string("سيُرسل رمز إلى {1}."),

    [IDV_SVC_T_OTP_SEND] =
        ngx_string("إرسال رمز"),

    [IDV_SVC_T_OTP_SENT] =
        ngx_string("أُرسل رمز من ستة أرقام إلى {1}. وهو صالح حتى {2} "
                   "بالتوقيت العالمي."),

    [IDV_SVC_T_OTP_UNSENT] =
        ngx_string("تعذّر إرسال الرمز إلى {1}."),

    [IDV_SVC_T_OTP_OVER] =
        ngx_string("انتهت صلاحيته ولا يمكن إرسال رمز آخر."),

    [IDV_SVC_T_OTP_GO_ON] =
        ngx_string("متابعة"),

    [IDV_SVC_T_OTP_CODE] =
        ngx_string("الرمز"),

    [IDV_SVC_T_OTP_LEFT] =
        ngx_string("المحاولات المتبقية: {1}"),

    [IDV_SVC_T_OTP_AGAIN] =
        ngx_string("إرسال رمز آخر"),

    [IDV_SVC_T_OTP_WHEN] =
        ngx_string("لم يصل شيء؟ يمكن إرسال رمز آخر بعد {1} ثانية."),

    [IDV_SVC_T_OTP_ADDRESS] =
        ngx_string("لا يمكن إرسال رمز إلى هذا العنوان."),

    [IDV_SVC_T_OTP_TOO_SOON] =
        ngx_string("يرجى الانتظار قليلًا قبل إرسال رمز آخر."),

    [IDV_SVC_T_OTP_NO_MORE] =
        ngx_string("لا يمكن إرسال مزيد من الرموز."),

    [IDV_SVC_T_OTP_MALFORMED] =
        ngx_string("يرجى إدخال الأرقام الستة للرمز."),

    [IDV_SVC_T_OTP_WRONG] =
        ngx_string("هذا ليس الرمز الذي أُرسل."),

    [IDV_SVC_T_OTP_EXPIRED] =
        ngx_string("انتهت صلاحية هذا الرمز. يرجى طلب رمز آخر."),

    [IDV_SVC_T_OTP_NONE] =
        ngx_string("يرجى طلب رمز أولًا."),

    [IDV_SVC_T_REVIEW_CONFIRMED] =
        ngx_string("تم التأكيد"),

    [IDV_SVC_T_REVIEW_FAILED] =
        ngx_string("لم يتم التأكيد")
    }, {

    [IDV_SVC_REASON_TIMED_OUT] =
        ngx_string("انتهى الوقت المخصص لهذا التحقق."),

    [IDV_SVC_REASON_DATA_MISSING] =
        ngx_string("بعض بيانات الوثيقة ناقصة."),

    [IDV_SVC_REASON_DOCUMENT_IMAGE] =
        ngx_string("تعذّرت قراءة صورة الوثيقة."),

    [IDV_SVC_REASON_BIRTH_DATE] =
        ngx_string("لا يمكن أن يكون تاريخ الميلاد صحيحًا."),

    [IDV_SVC_REASON_DOCUMENT_EXPIRED] =
        ngx_string("انتهت صلاحية الوثيقة."),

    [IDV_SVC_REASON_SELFIE_IMAGE] =
        ngx_string("تعذّرت قراءة صورة وجهك."),

    [IDV_SVC_REASON_ZONE] =
        ngx_string("السطور المقروءة آليًا للوثيقة غير صحيحة."),

    [IDV_SVC_REASON_DATA_DIFFERS] =
        ngx_string("السطور المقروءة آليًا للوثيقة لا تطابق ما كُتب."),

    [IDV_SVC_REASON_RECORD] =
        ngx_string("الوثيقة لا تطابق ما هو معروف عنك."),

    [IDV_SVC_REASON_REJECTED] =
        ngx_string("رُفض التحقق."),

    [IDV_SVC_REASON_NOT_PERFORMED] =
        ngx_string("هناك شيء مطلوب مفقود."),

    [IDV_SVC_REASON_PASSWORD] =
        ngx_string("لم يُدخل الرمز المرسل في الوقت المناسب أو كان غير صحيح.")
    }
};
