
/*
 * Copyright (C) nginx-idv authors
 *
 * The table: inputs, outputs, capabilities.  t/tools/connector-docs reads it as
 * text, a row a line or two.
 */


#include "idv_connector.h"


#define IDV_CONNECTOR_TX   "/users/{userId}/verifyTransactions/{transactionId}"

#define IDV_CONNECTOR_JSON     "application/json"
#define IDV_CONNECTOR_PROCESS                                                 \
    "application/vnd.pingidentity.documents.process+json"
#define IDV_CONNECTOR_REPLACE                                                 \
    "application/vnd.pingidentity.replace.background+json"

#define IDV_CONNECTOR_DOCUMENTS                                               \
    "Driver License Front|Driver License Back|Driver License Code|"           \
    "Passport Front|Passport Card Front|Passport Card Back|Selfie|Phone|"     \
    "Email|Voice Sample|Voice Input"

#define IDV_CONNECTOR_DATA                                                    \
    "SELFIE|GOVERNMENT_ID|FRONT_IMAGE|BACK_IMAGE|BARCODE|CROPPED_PORTRAIT|"   \
    "CROPPED_DOCUMENT|CROPPED_SIGNATURE|VOICE_SAMPLE|VOICE_INPUT|"            \
    "END_USER_CLIENT"

#define IDV_CONNECTOR_METADATA                                                \
    "ALL|LIVENESS|FACIAL_COMPARISON|BIOGRAPHIC_MATCH|"                        \
    "DOCUMENT_AUTHENTICATION|DOCUMENT_MANUAL_AUTHENTICATION|"                 \
    "VOICE_ENROLLMENT|VOICE_VERIFICATION"

#define IDV_CONNECTOR_FIELDS  "given_name|family_name|name|address|birth_date"


static const idv_connector_input_t  idv_connector_in_create[] = {
    { "userId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "User ID" },
    { "deviceOsType", IDV_CONNECTOR_TEXT, 1, 0, 0, NULL, NULL,
      "device OS type; PingOne has no use for it any more" },
    { "verifyPolicy", IDV_CONNECTOR_POLICY, 0, 0, 100, NULL, "verifyPolicy.id",
      "verify policy" },
    { "verifyPolicyId", IDV_CONNECTOR_ID, 0, 0, 100, NULL, "verifyPolicy.id",
      "verify policy ID" },
    { "notifyPhone", IDV_CONNECTOR_TEXT, 0, 0, 0, NULL,
      "sendNotification.phone",
      "phone number for notification" },
    { "notifyEmail", IDV_CONNECTOR_TEXT, 0, 0, 0, NULL,
      "sendNotification.email",
      "email address for notification" },
    { "verifyPhone", IDV_CONNECTOR_TEXTS, 0, 0, 0, NULL, "requirements.phone",
      "phone number(s) for verification" },
    { "verifyEmail", IDV_CONNECTOR_TEXTS, 0, 0, 0, NULL,
      "requirements.email.options",
      "email address(es) for verification" },
    { "referenceImage", IDV_CONNECTOR_BLOB, 0, 0, 0, NULL,
      "requirements.referenceSelfie.value",
      "base64 encoded reference image for facial-comparison-only verify "
      "policy" },
    { "biographic", IDV_CONNECTOR_PAIRS, 0, 0, 0, IDV_CONNECTOR_FIELDS,
      "requirements",
      "biographic info" },
    { "challenge", IDV_CONNECTOR_TEXT, 0, 1, 100, NULL, NULL,
      "challenge Id; without one a random challenge is generated" },
    { "redirectUri", IDV_CONNECTOR_URL, 0, 0, 0, NULL, "redirect.url",
      "Redirect URL; only secure (https://) URLs are allowed" },
    { "redirectMessage", IDV_CONNECTOR_TEXT, 0, 0, 256, NULL,
      "redirect.message",
      "Redirect message; requires a configured Redirect URL" },
    { NULL, 0, 0, 0, 0, NULL, NULL, NULL }
};


static const idv_connector_input_t  idv_connector_in_tx[] = {
    { "userId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "User ID" },
    { "transactionId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "Transaction ID" },
    { NULL, 0, 0, 0, 0, NULL, NULL, NULL }
};


static const idv_connector_input_t  idv_connector_in_list[] = {
    { "userId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "User ID" },
    { "limit", IDV_CONNECTOR_INTEGER, 0, 0, 0, NULL, "?limit",
      "Specifies the maximum number of latest records to return" },
    { NULL, 0, 0, 0, 0, NULL, NULL, NULL }
};


static const idv_connector_input_t  idv_connector_in_data[] = {
    { "userId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "User ID" },
    { "transactionId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "Transaction ID" },
    { "attempt", IDV_CONNECTOR_TEXT, 0, 0, 0, "ALL|LATEST|1|2|3|4",
      "?attempt",
      "Limit the number of verified attempts" },
    { "verifiedTypes", IDV_CONNECTOR_TEXTS, 0, 0, 0, IDV_CONNECTOR_DATA,
      "?type",
      "Selected verified data type(s); without any, ids and types only" },
    { NULL, 0, 0, 0, 0, NULL, NULL, NULL }
};


static const idv_connector_input_t  idv_connector_in_meta[] = {
    { "userId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "User ID" },
    { "transactionId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "Transaction ID" },
    { "metadataType", IDV_CONNECTOR_TEXT, 0, 0, 0, IDV_CONNECTOR_METADATA,
      NULL,
      "metadata type; ALL for all metadata" },
    { NULL, 0, 0, 0, 0, NULL, NULL, NULL }
};


static const idv_connector_input_t  idv_connector_in_policy[] = {
    { "verifyPolicySelect", IDV_CONNECTOR_POLICY, 1, 0, 100, NULL, NULL,
      "verify policy" },
    { "verifyPolicyIdSelect", IDV_CONNECTOR_ID, 0, 0, 100, NULL, NULL,
      "verify policy ID" },
    { NULL, 0, 0, 0, 0, NULL, NULL, NULL }
};


static const idv_connector_input_t  idv_connector_in_status[] = {
    { "userId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "User ID" },
    { "verifyStatus", IDV_CONNECTOR_TEXT, 1, 0, 0,
      "ENABLED|DISABLED|NOT_INITIATED", "verifyStatus",
      "verify status" },
    { NULL, 0, 0, 0, 0, NULL, NULL, NULL }
};


static const idv_connector_input_t  idv_connector_in_documents[] = {
    { "userId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "User ID" },
    { "transactionId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "Transaction ID" },
    { "documentTypes", IDV_CONNECTOR_TEXTS, 0, 0, 0, IDV_CONNECTOR_DOCUMENTS,
      NULL,
      "document types; without any, all" },
    { NULL, 0, 0, 0, 0, NULL, NULL, NULL }
};


static const idv_connector_input_t  idv_connector_in_document[] = {
    { "userId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "User ID" },
    { "transactionId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "Transaction ID" },
    { "documentId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "document ID" },
    { NULL, 0, 0, 0, 0, NULL, NULL, NULL }
};


static const idv_connector_input_t  idv_connector_in_submit[] = {
    { "userId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "User ID" },
    { "transactionId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "Transaction ID" },
    { "documentTypeName", IDV_CONNECTOR_TEXT, 1, 0, 255, NULL, "type",
      "document type" },
    { "voiceSampleIndex", IDV_CONNECTOR_INTEGER, 0, 1, 0, NULL, "index",
      "voice sample index starting from 1" },
    { "documentValue", IDV_CONNECTOR_BLOB, 1, 0, 0, NULL, "value",
      "base64 encoded jpeg or textual document depending on document type" },
    { NULL, 0, 0, 0, 0, NULL, NULL, NULL }
};


static const idv_connector_input_t  idv_connector_in_update[] = {
    { "userId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "User ID" },
    { "transactionId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "Transaction ID" },
    { "documentId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "document ID" },
    { "documentTypeName", IDV_CONNECTOR_TEXT, 1, 0, 255, NULL, "type",
      "document type" },
    { "documentValue", IDV_CONNECTOR_BLOB, 1, 0, 0, NULL, "value",
      "base64 encoded jpeg or textual document depending on document type" },
    { NULL, 0, 0, 0, 0, NULL, NULL, NULL }
};


static const idv_connector_input_t  idv_connector_in_client[] = {
    { "webVerificationUrl", IDV_CONNECTOR_TEXT, 1, 0, 0, NULL, NULL,
      "web verification url" },
    { "challengeId", IDV_CONNECTOR_TEXT, 1, 1, 100, NULL, NULL,
      "challenge Id" },
    { "isLastClientStep", IDV_CONNECTOR_BOOLEAN, 0, 0, 0, NULL, NULL,
      "If isLastClientStep is false, the continueLink will be generated and "
      "added to the output, otherwise the link will not be added." },
    { NULL, 0, 0, 0, 0, NULL, NULL, NULL }
};


static const idv_connector_input_t  idv_connector_in_replace[] = {
    { "userId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "User ID" },
    { "transactionId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "Transaction ID" },
    { "selfieId", IDV_CONNECTOR_ID, 0, 0, 100, NULL, NULL,
      "Selfie ID; without one, that of the transaction's selfie" },
    { "colorPicker", IDV_CONNECTOR_COLOR, 0, 0, 0, NULL, "backgroundColor",
      "Color Picker; white without one" },
    { "aspectHeight", IDV_CONNECTOR_INTEGER, 0, 1, 1000, NULL,
      "aspectRatio.aspectHeight",
      "Aspect ratio height; 1 without one" },
    { "aspectWidth", IDV_CONNECTOR_INTEGER, 0, 1, 1000, NULL,
      "aspectRatio.aspectWidth",
      "Aspect ratio width; 1 without one" },
    { NULL, 0, 0, 0, 0, NULL, NULL, NULL }
};


static const idv_connector_input_t  idv_connector_in_match[] = {
    { "userId", IDV_CONNECTOR_ID, 1, 0, 100, NULL, NULL,
      "User ID" },
    { "biographic", IDV_CONNECTOR_PAIRS, 1, 0, 0, IDV_CONNECTOR_FIELDS,
      "gallery",
      "Biographic info: what is known of the user" },
    { "probeBiographic", IDV_CONNECTOR_PAIRS, 1, 0, 0, IDV_CONNECTOR_FIELDS,
      "probe",
      "Probe biographic info: what is compared with it" },
    { NULL, 0, 0, 0, 0, NULL, NULL, NULL }
};


static const idv_connector_output_t  idv_connector_out_created[] = {
    { 0, "id", "string" },
    { 0, "verifyPolicy", "object" },
    { 1, "id", "string" },
    { 0, "transactionStatus", "object" },
    { 1, "status", "string" },
    { 0, "qrUrl", "string" },
    { 0, "webVerificationUrl", "string" },
    { 0, "webVerificationCode", "string" },
    { 0, "createdAt", "string" },
    { 0, "updatedAt", "string" },
    { 0, "expiresAt", "string" },
    { 0, NULL, NULL }
};


static const idv_connector_output_t  idv_connector_out_transaction[] = {
    { 0, "id", "string" },
    { 0, "verifyPolicy", "object" },
    { 1, "id", "string" },
    { 0, "transactionStatus", "object" },
    { 1, "status", "string" },
    { 1, "providerMessagesList", "array" },
    { 0, "qrUrl", "string" },
    { 0, "webVerificationUrl", "string" },
    { 0, "webVerificationCode", "string" },
    { 0, "verifiedDocuments", "string" },
    { 0, "createdAt", "string" },
    { 0, "updatedAt", "string" },
    { 0, "expiresAt", "string" },
    { 0, NULL, NULL }
};


static const idv_connector_output_t  idv_connector_out_transactions[] = {
    { 0, "_embedded", "object" },
    { 1, "verifyTransactions", "array" },
    { 0, "size", "number" },
    { 0, NULL, NULL }
};


static const idv_connector_output_t  idv_connector_out_user[] = {
    { 0, "id", "string" },
    { 0, "transactionStatus", "object" },
    { 1, "status", "string" },
    { 0, "verifiedUserData", "object" },
    { 1, "firstName", "string" },
    { 1, "lastName", "string" },
    { 1, "middleName", "string" },
    { 1, "gender", "string" },
    { 1, "expirationDate", "string" },
    { 1, "idNumber", "string" },
    { 1, "addressStreet", "string" },
    { 1, "addressCity", "string" },
    { 1, "addressState", "string" },
    { 1, "addressZip", "string" },
    { 1, "country", "string" },
    { 1, "issueDate", "string" },
    { 1, "weight", "string" },
    { 1, "height", "string" },
    { 1, "hairColor", "string" },
    { 1, "eyeColor", "string" },
    { 1, "nationality", "string" },
    { 1, "issuingCountry", "string" },
    { 1, "personalNumber", "string" },
    { 1, "birthDate", "string" },
    { 1, "idType", "string" },
    { 0, NULL, NULL }
};


static const idv_connector_output_t  idv_connector_out_data[] = {
    { 0, "_embedded", "object" },
    { 1, "verifiedData", "array" },
    { 0, "size", "number" },
    { 0, NULL, NULL }
};


static const idv_connector_output_t  idv_connector_out_meta[] = {
    { 0, "_embedded", "object" },
    { 1, "metaData", "array" },
    { 0, "size", "number" },
    { 0, NULL, NULL }
};


/* an object without members of its own is passed on as it is */

static const idv_connector_output_t  idv_connector_out_policy[] = {
    { 0, "id", "string" },
    { 0, "environment", "object" },
    { 1, "id", "string" },
    { 0, "name", "string" },
    { 0, "description", "string" },
    { 0, "default", "boolean" },
    { 0, "governmentId", "object" },
    { 1, "verify", "string" },
    { 0, "facialComparison", "object" },
    { 1, "verify", "string" },
    { 1, "threshold", "string" },
    { 0, "liveness", "object" },
    { 1, "verify", "string" },
    { 1, "threshold", "string" },
    { 0, "email", "object" },
    { 1, "verify", "string" },
    { 1, "createMfaDevice", "boolean" },
    { 1, "otp", "object" },
    { 2, "attempts", "object" },
    { 3, "count", "number" },
    { 2, "lifeTime", "object" },
    { 3, "duration", "number" },
    { 3, "timeUnit", "string" },
    { 2, "deliveries", "object" },
    { 3, "count", "number" },
    { 3, "cooldown", "object" },
    { 3, "duration", "number" },
    { 3, "timeUnit", "string" },
    { 2, "notification", "object" },
    { 3, "templateName", "string" },
    { 3, "variantName", "string" },
    { 0, "phone", "object" },
    { 1, "verify", "string" },
    { 1, "createMfaDevice", "boolean" },
    { 1, "otp", "object" },
    { 2, "attempts", "object" },
    { 3, "count", "number" },
    { 2, "lifeTime", "object" },
    { 3, "duration", "number" },
    { 3, "timeUnit", "string" },
    { 2, "deliveries", "object" },
    { 3, "count", "number" },
    { 3, "cooldown", "object" },
    { 3, "duration", "number" },
    { 3, "timeUnit", "string" },
    { 2, "notification", "object" },
    { 3, "templateName", "string" },
    { 3, "variantName", "string" },
    { 0, "createdAt", "string" },
    { 0, "updatedAt", "string" },
    { 0, NULL, NULL }
};


static const idv_connector_output_t  idv_connector_out_status[] = {
    { 0, "verifyStatus", "string" },
    { 0, NULL, NULL }
};


static const idv_connector_output_t  idv_connector_out_documents[] = {
    { 0, "_embedded", "object" },
    { 1, "documents", "array" },
    { 0, "size", "number" },
    { 0, NULL, NULL }
};


static const idv_connector_output_t  idv_connector_out_document[] = {
    { 0, "id", "string" },
    { 0, "environment", "object" },
    { 1, "id", "string" },
    { 0, "user", "object" },
    { 1, "id", "string" },
    { 0, "verifyTransaction", "object" },
    { 1, "id", "string" },
    { 0, "type", "string" },
    { 0, "value", "string" },
    { 0, "status", "string" },
    { 0, "source", "object" },
    { 1, "provider", "string" },
    { 0, NULL, NULL }
};


static const idv_connector_output_t  idv_connector_out_none[] = {
    { 0, NULL, NULL }
};


static const idv_connector_output_t  idv_connector_out_client[] = {
    { 0, "clientState", "string" },
    { 0, "webVerificationUrl", "string" },
    { 0, "continueLink", "string" },
    { 0, "challenge", "string" },
    { 0, NULL, NULL }
};


static const idv_connector_output_t  idv_connector_out_replace[] = {
    { 0, "id", "string" },
    { 0, "type", "string" },
    { 0, "data", "object" },
    { 1, "IMAGE", "string" },
    { 1, "FORMAT", "string" },
    { 0, "createdAt", "string" },
    { 0, NULL, NULL }
};


static const idv_connector_output_t  idv_connector_out_match[] = {
    { 0, "detailedResults", "object" },
    { 1, "address", "object" },
    { 2, "probeValue", "string" },
    { 2, "galleryValue", "string" },
    { 2, "rawScore", "number" },
    { 2, "confidence", "string" },
    { 1, "birth_date", "object" },
    { 2, "probeValue", "string" },
    { 2, "galleryValue", "string" },
    { 2, "rawScore", "number" },
    { 2, "confidence", "string" },
    { 1, "given_name", "object" },
    { 2, "probeValue", "string" },
    { 2, "galleryValue", "string" },
    { 2, "rawScore", "number" },
    { 2, "confidence", "string" },
    { 1, "family_name", "object" },
    { 2, "probeValue", "string" },
    { 2, "galleryValue", "string" },
    { 2, "rawScore", "number" },
    { 2, "confidence", "string" },
    { 1, "name", "object" },
    { 2, "probeValue", "string" },
    { 2, "galleryValue", "string" },
    { 2, "rawScore", "number" },
    { 2, "confidence", "string" },
    { 0, "overallWeightedScore", "number" },
    { 0, "overallConfidenceScore", "string" },
    { 0, NULL, NULL }
};


const idv_connector_output_t  idv_connector_error[] = {
    { 0, "id", "string" },
    { 0, "code", "string" },
    { 0, "message", "string" },
    { 0, "target", "string" },
    { 0, "details", "array" },
    { 0, NULL, NULL }
};


const idv_connector_t  idv_connector_capabilities[] = {

    { "createVerifyTransaction", "Create Transaction",
      "POST", "/users/{userId}/verifyTransactions", IDV_CONNECTOR_JSON,
      idv_connector_in_create, "transaction", idv_connector_out_created,
      IDV_CONNECTOR_CHALLENGE },

    { "readVerifyTransaction", "Read Transaction",
      "GET", IDV_CONNECTOR_TX, NULL,
      idv_connector_in_tx, "transaction", idv_connector_out_transaction,
      IDV_CONNECTOR_PLAIN },

    { "readVerifyTransactions", "Read Transactions",
      "GET", "/users/{userId}/verifyTransactions", NULL,
      idv_connector_in_list, "transactions", idv_connector_out_transactions,
      IDV_CONNECTOR_PLAIN },

    { "readUserData", "Read User Data",
      "GET", IDV_CONNECTOR_TX, NULL,
      idv_connector_in_tx, "userData", idv_connector_out_user,
      IDV_CONNECTOR_USER_DATA },

    { "readGovernmentID", "Read Government ID",
      "GET", IDV_CONNECTOR_TX "/verifiedData?type=GOVERNMENT_ID", NULL,
      idv_connector_in_tx, "governmentID", idv_connector_out_data,
      IDV_CONNECTOR_PLAIN },

    { "readVerifiedData", "Read Verified Data",
      "GET", IDV_CONNECTOR_TX "/verifiedData", NULL,
      idv_connector_in_data, "verifiedData", idv_connector_out_data,
      IDV_CONNECTOR_PLAIN },

    { "readSelfie", "Read Selfie",
      "GET", IDV_CONNECTOR_TX "/verifiedData?type=SELFIE", NULL,
      idv_connector_in_tx, "selfie", idv_connector_out_data,
      IDV_CONNECTOR_PLAIN },

    { "readMetaData", "Read Metadata",
      "GET", IDV_CONNECTOR_TX "/metaData", NULL,
      idv_connector_in_meta, "metaData", idv_connector_out_meta,
      IDV_CONNECTOR_SELECT },

    { "readVerifyPolicy", "Read Verify Policy",
      "GET", "/verifyPolicies/{verifyPolicySelect}", NULL,
      idv_connector_in_policy, "verifyPolicy", idv_connector_out_policy,
      IDV_CONNECTOR_PLAIN },

    { "setVerifyStatus", "Set Verify Status",
      "PUT", "/users/{userId}/verifyStatus", IDV_CONNECTOR_JSON,
      idv_connector_in_status, "verifyStatus", idv_connector_out_status,
      IDV_CONNECTOR_PLAIN },

    { "readDocuments", "Return All Collected Data",
      "GET", IDV_CONNECTOR_TX "/documents", NULL,
      idv_connector_in_documents, "documents", idv_connector_out_documents,
      IDV_CONNECTOR_SELECT },

    { "readDocument", "Read Collected Data",
      "GET", IDV_CONNECTOR_TX "/documents/{documentId}", NULL,
      idv_connector_in_document, "document", idv_connector_out_document,
      IDV_CONNECTOR_PLAIN },

    { "createDocument", "Submit Collected Data",
      "POST", IDV_CONNECTOR_TX "/documents", IDV_CONNECTOR_JSON,
      idv_connector_in_submit, "document", idv_connector_out_document,
      IDV_CONNECTOR_PLAIN },

    { "updateDocument", "Update Collected Data",
      "PUT", IDV_CONNECTOR_TX "/documents/{documentId}", IDV_CONNECTOR_JSON,
      idv_connector_in_update, "document", idv_connector_out_document,
      IDV_CONNECTOR_PLAIN },

    { "deleteDocument", "Delete Collected Data",
      "DELETE", IDV_CONNECTOR_TX "/documents/{documentId}", NULL,
      idv_connector_in_document, NULL, idv_connector_out_none,
      IDV_CONNECTOR_PLAIN },

    { "processDocuments", "Process All Data Collected",
      "POST", IDV_CONNECTOR_TX "/documents", IDV_CONNECTOR_PROCESS,
      idv_connector_in_tx, "documents", idv_connector_out_documents,
      IDV_CONNECTOR_PLAIN },

    { "createExtClientResponse", "Create Response for External Client",
      "", "", NULL,
      idv_connector_in_client, NULL, idv_connector_out_client,
      IDV_CONNECTOR_LOCAL },

    { "backgroundReplacer", "Replace Background",
      "POST", IDV_CONNECTOR_TX "/verifiedData/{selfieId}",
      IDV_CONNECTOR_REPLACE,
      idv_connector_in_replace, "backgroundReplace", idv_connector_out_replace,
      IDV_CONNECTOR_SELFIE },

    { "identityRecordMatching", "Identity Record Matching",
      "POST", "/users/{userId}/identityRecordMatching", IDV_CONNECTOR_JSON,
      idv_connector_in_match, "matchingResults", idv_connector_out_match,
      IDV_CONNECTOR_PLAIN },

    { NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0 }
};


const char *const  idv_connector_headers[] = {
    "Content-Type",
    "Correlation-Id",
    "Retry-After",
    "api-deprecation-date",
    "api-deprecation-message",
    NULL
};
